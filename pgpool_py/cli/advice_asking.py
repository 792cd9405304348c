"""Where a running pooler is asked for its advice: by HTTP, or at its console."""

import asyncio
import http.client
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from pgpool_py.config.http_token import TokenError, read_token
from pgpool_py.insight.advice import Advice

from .health import EVERYWHERE, TIMEOUT, read_places
from .top import INSTALL, ConsoleNotFoundError, find_console

TOKEN: Final = "PGPOOL_HTTP_TOKEN"

_PATH: Final = "/api/snapshot"
_TOKENS: Final = ("http_token", "http_token_file")
_ALLOWED: Final = (
    "SELECT name, setting::int AS setting FROM pg_settings "
    "WHERE name IN ('max_connections', 'superuser_reserved_connections', "
    "'reserved_connections')"
)


class NotAskedError(Exception):
    """There is no advice to be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Http:
    """Where a pooler answers by HTTP, and with which token."""

    host: str
    port: int
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What a pooler says.

    Attributes:
        advice: on each pool.
        databases: names of all; those registered by ``*`` while they have pools.
    """

    advice: Sequence[Advice]
    databases: frozenset[str]

    def of(self, names: Sequence[str]) -> list[Advice]:
        """Give the advice on these databases, on all if none is named.

        Raises:
            NotAskedError: there is none of such a name.
        """
        known = self.databases.union(one.database for one in self.advice)
        unknown = [name for name in names if name not in known]
        if unknown:
            raise NotAskedError(
                f"there is no database {', '.join(unknown)}; there are: "
                f"{', '.join(sorted(known)) or 'none'}"
            )
        return [one for one in self.advice if not names or one.database in names]


def find(where: str | None, environment: Mapping[str, str]) -> Http | str:
    """Give where to ask by HTTP, or libpq's connection string of a console.

    Args:
        where: a URL of either, or a pgbouncer.ini; None where the environment says all.
        environment: of which ``PGPOOL_<SETTING>`` stand over the file.

    Raises:
        NotAskedError: it does not say where.
    """
    if where is not None and where.startswith("http://"):
        return _by_url(where, environment)
    if where is not None and ("://" in where or "=" in where):
        return where
    settings, faults = read_places(where, environment, *_TOKENS)
    if faults:
        raise NotAskedError(str(min(faults)))
    if settings.http_listen is not None:
        host = EVERYWHERE.get(settings.http_listen.host, settings.http_listen.host)
        try:
            return Http(host, settings.http_listen.port, read_token(settings))
        except TokenError as error:
            raise NotAskedError(str(error)) from None
    try:
        return find_console(where, environment)
    except ConsoleNotFoundError as error:
        more = "" if where else ". By HTTP it needs PGPOOL_HTTP_LISTEN alone"
        raise NotAskedError(f"{error}{more}") from None


def _by_url(url: str, environment: Mapping[str, str]) -> Http:
    try:
        parts = urlsplit(url)
        port = parts.port or http.client.HTTP_PORT
    except ValueError as error:
        raise NotAskedError(f"{url}: {error}") from None
    return Http(parts.hostname or "127.0.0.1", port, environment.get(TOKEN, ""))


def ask(where: Http | str) -> Told:
    """Ask for the advice on each pool, by database and user.

    Raises:
        NotAskedError: there is no answer.
    """
    if isinstance(where, Http):
        return _of_snapshot(_get(where))
    advice = [_of_row(row) for row in _rows(where, "SHOW ADVICE")]
    names = {row["name"] for row in _rows(where, "SHOW DATABASES")}
    # The console itself, which no snapshot has among them.
    return Told(advice, frozenset(names - {"pgbouncer"}))


def _get(where: Http) -> bytes:
    headers = {"Authorization": f"Bearer {where.token}"} if where.token else {}
    connection = http.client.HTTPConnection(where.host, where.port, timeout=TIMEOUT)
    try:
        connection.request("GET", _PATH, headers=headers)
        reply = connection.getresponse()
        said = reply.read()
    except (OSError, http.client.HTTPException) as error:
        said_of_it = str(error) or type(error).__name__
        raise NotAskedError(f"no answer: {said_of_it}") from None
    finally:
        connection.close()
    if reply.status == HTTPStatus.UNAUTHORIZED:
        raise NotAskedError(f"it wants its token (http_token): give it as {TOKEN}")
    if reply.status != HTTPStatus.OK:
        text = said.decode(errors="replace").strip()
        raise NotAskedError(f"it answers with {reply.status}: {text}")
    return said


def _of_snapshot(text: bytes) -> Told:
    names = [one.name for one in fields(Advice)]
    try:
        snapshot = json.loads(text)
        told = [pool["advice"] for pool in snapshot["pools"]]
        return Told(
            [Advice(**{n: one[n] for n in names}) for one in told if one is not None],
            frozenset(one["name"] for one in snapshot["databases"]),
        )
    except (ValueError, KeyError, TypeError):
        raise NotAskedError(f"what stands at {_PATH} is no snapshot of ours") from None


def _of_row(row: Mapping[str, Any]) -> Advice:
    def seconds(column: str) -> float:
        return float(row[column]) / 1e3

    return Advice(
        database=row["database"],
        user=row["user"],
        configured=int(row["pool_size"]),
        recommended=int(row["recommended"]),
        links=float(row["links_per_second"]),
        held=seconds("held_ms"),
        mean_wait=seconds("mean_wait_ms"),
        p99_wait=seconds("p99_wait_ms"),
        why=row["why"],
    )


def allowed(where: str) -> int:
    """Ask PostgreSQL how many connections others than superusers may have.

    Raises:
        NotAskedError: there is no answer.
    """
    found = {row["name"]: int(row["setting"]) for row in _rows(where, _ALLOWED, None)}
    most = found.pop("max_connections")
    return most - sum(found.values())


def _rows(
    where: str, command: str, dbname: str | None = "pgbouncer"
) -> Iterable[Mapping[str, Any]]:
    try:
        # Not at the top: by HTTP none of it is needed.
        from pgpool_py.top import asking  # noqa: PLC0415 - an extra, may be absent
    except ImportError as error:
        raise NotAskedError(f"that needs psycopg ({error}): {INSTALL}") from None
    try:
        return asyncio.run(asking.ask(where, command, dbname))
    except asking.NoAnswerError as error:
        raise NotAskedError(f"no answer: {error}") from None
