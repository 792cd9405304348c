"""Who is still connected to a pooler, and with what."""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pgpool_py.client.session import ClientSession
from pgpool_py.embedded.place import dsn
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.sql.fingerprint import fingerprint
from pgwire.codes import TransactionStatus

from .leaks import Leak, name_of
from .statements import ran_last

_OPEN: Final = "open connection"

#: Seconds to reach PostgreSQL for what a server ran last.
_PATIENCE: Final = 5


@dataclass(frozen=True, slots=True)
class Present:
    """A client that is connected.

    Attributes:
        state: in words.
        application_name: empty if it gave none.
        statement: the last one, without literals; empty where it is not known.
        pid: of the server that runs it, or has its transaction; None if none does.
    """

    state: str
    application_name: str
    statement: str
    pid: int | None


def present(pooler: Pooler) -> list[Present]:
    """Return who is connected now; to be called in the loop's thread."""
    return [_of(session) for session in pooler.gatehouse.sessions.values()]


def as_leaks(clients: Iterable[Present], server: Mapping[str, str]) -> list[Leak]:
    """Return them as leaks, with what PostgreSQL knows of their statements.

    Args:
        clients: that are connected.
        server: the words of PostgreSQL's connection string.
    """
    clients = list(clients)
    unknown = {c.pid for c in clients if c.pid is not None and not c.statement}
    known = _last_statements(unknown, server)
    return [
        Leak(c.state, c.statement or known.get(c.pid or 0, ""), c.application_name)
        for c in clients
    ]


def _of(session: ClientSession) -> Present:
    state, server = _state(session), session.server
    # What a server ran last that has no transaction is perhaps a query of ours.
    pid = None if server is None or state == _OPEN else server.pid
    return Present(state, name_of(session), ran_last(session), pid)


def _state(session: ClientSession) -> str:
    server = session.server
    if server is None:
        return "connection that waits" if session.waiting else _OPEN
    if not server.ledger.answered:
        return "running statement"
    if server.ledger.status != TransactionStatus.IDLE:
        return "idle transaction"
    return _OPEN


def _last_statements(pids: set[int], server: Mapping[str, str]) -> dict[int, str]:
    """Ask PostgreSQL past the pooler and the proxy; what fails is not known."""
    if not pids:
        return {}
    import psycopg  # noqa: PLC0415 - of the extra

    asked = "SELECT pid, query FROM pg_stat_activity WHERE pid = ANY(%s)"
    line = dsn(server)
    with (
        contextlib.suppress(psycopg.Error),
        psycopg.connect(line, connect_timeout=_PATIENCE) as own,
    ):
        rows = own.execute(asked, [list(pids)]).fetchall()
        return {pid: fingerprint(query.encode()).text for pid, query in rows}
    return {}
