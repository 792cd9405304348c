"""How far clients get before they vanish, and the ways to vanish."""

import socket
from collections.abc import Callable

from pgwire.copying import CopyData
from pgwire.frontend import Bind, Execute, Flush, Parse, Query, Sync, Terminate
from tests.integration.wire import Wire, batch, extended, kinds

Act = Callable[[Wire], None]
Leave = Callable[[Wire], None]

INSERT = "INSERT INTO t VALUES (1)"
FLUSH = Flush().encode()
SYNC = Sync().encode()
COPY = "COPY t FROM STDIN"
#: Longer than what a pooler would keep to prepare it elsewhere.
_LONG = " " * 20_000


def query(sql: str) -> bytes:
    return Query(sql.encode()).encode()


def named(name: str, sql: str) -> bytes:
    """Return Parse, Bind and Execute of a statement with a name; no Sync."""
    return b"".join(
        (
            Parse(name.encode(), sql.encode()).encode(),
            Bind(b"", name.encode()).encode(),
            Execute(b"").encode(),
        )
    )


# Nothing is half written to the server


def before_the_first_byte(wire: Wire) -> None:
    """Say nothing at all."""


def between_two_exchanges(wire: Wire) -> None:
    assert wire.value("SELECT 1") == "1"


def in_a_header_without_a_transaction(wire: Wire) -> None:
    wire.send(query(INSERT)[:3])


def in_a_query_without_a_transaction(wire: Wire) -> None:
    wire.send(query(INSERT)[:-3])


def after_begin(wire: Wire) -> None:
    wire.query("BEGIN")
    wire.query(INSERT)


def after_an_error(wire: Wire) -> None:
    wire.query(f"BEGIN; {INSERT}; SELECT 1 / 0")


def after_terminate(wire: Wire) -> None:
    after_begin(wire)
    wire.send(Terminate().encode())


def in_a_query(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("SELECT pg_sleep(30)"))


def in_an_extended_query(wire: Wire) -> None:
    after_begin(wire)
    wire.send(extended("SELECT pg_sleep(30)"))


def in_the_first_of_several_queries(wire: Wire) -> None:
    wire.send(query(f"BEGIN; {INSERT}; SELECT pg_sleep(30)"), query("COMMIT"))


def in_a_pipeline_of_several_syncs(wire: Wire) -> None:
    wire.send(extended("BEGIN"), extended(INSERT))
    wire.send(extended("SELECT pg_sleep(30)"), extended(INSERT), extended("COMMIT"))


def in_a_header(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("COMMIT")[:3])


def in_copy_in(wire: Wire) -> None:
    wire.query("BEGIN")
    wire.send(query(COPY))
    assert wire.read().kind == "G"
    wire.send(CopyData(b"1\n").encode())


def in_copy_in_without_a_transaction(wire: Wire) -> None:
    wire.send(query(COPY), CopyData(b"1\n").encode() * 1000)
    assert wire.read().kind == "G"


def in_an_extended_copy_in(wire: Wire) -> None:
    wire.send(batch(COPY), FLUSH)
    assert kinds(wire.read_to("G")) == "12nG"
    wire.send(CopyData(b"1\n").encode())


def in_an_extended_copy_in_with_its_sync_sent(wire: Wire) -> None:
    wire.send(extended(COPY))
    assert kinds(wire.read_to("G")) == "12nG"
    wire.send(CopyData(b"1\n").encode())


def in_copy_out(wire: Wire) -> None:
    after_begin(wire)
    wire.send(
        query(
            "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT"
        )
    )
    assert wire.read().kind == "H"


def in_a_large_result(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("SELECT repeat('x', 1000) FROM generate_series(1, 100000)"))
    assert wire.read().kind == "T"


def between_rows(wire: Wire) -> None:
    after_begin(wire)
    # Parse, Bind, Execute of one row
    wire.send(
        Parse(b"", b"SELECT generate_series(1, 1000)").encode(),
        Bind(b"", b"").encode(),
        Execute(b"", 1).encode(),
        FLUSH,
    )
    assert kinds(wire.read_to("s")) == "12Ds"


def after_a_batch_without_sync(wire: Wire) -> None:
    wire.send(batch(INSERT), FLUSH)
    assert kinds(wire.read_to("C")) == "12nC"


def after_a_batch_without_sync_or_flush(wire: Wire) -> None:
    wire.send(batch(INSERT))


def after_parse_and_bind(wire: Wire) -> None:
    wire.send(Parse(b"", INSERT.encode()).encode(), Bind(b"", b"").encode(), FLUSH)
    assert kinds(wire.read_to("2")) == "12"


def after_an_error_without_sync(wire: Wire) -> None:
    # PostgreSQL finds out when it plans, at Bind.
    wire.send(batch(INSERT), batch("SELECT 1 / 0"), batch(INSERT), FLUSH)
    assert kinds(wire.read_to("E")) == "12nC1E"


def in_a_sync(wire: Wire) -> None:
    after_a_batch_without_sync(wire)
    wire.send(SYNC[:4])


def after_begin_by_a_batch(wire: Wire) -> None:
    wire.send(batch("BEGIN"), batch(INSERT), FLUSH)
    wire.read_to("C")
    wire.read_to("C")


def while_statements_are_parsed(wire: Wire) -> None:
    wire.send(*(named(f"s{i}", f"{INSERT}, ({i})") for i in range(20)))


def after_a_statement_was_refused(wire: Wire) -> None:
    wire.send(named("a", INSERT), named("b", "SELECT nothing"), named("c", INSERT))
    wire.send(FLUSH)
    assert kinds(wire.read_to("E")) == "12CE"


def in_a_short_parse(wire: Wire) -> None:
    wire.send(batch(INSERT), Parse(b"s", INSERT.encode()).encode()[:-3])


def while_being_cancelled(wire: Wire) -> None:
    in_a_query(wire)
    host, port = wire.socket.getpeername()[:2]
    with Wire(host, port) as other:
        other.send(wire.cancel_request)


WHOLE: list[Act] = [
    before_the_first_byte,
    between_two_exchanges,
    in_a_header_without_a_transaction,
    in_a_query_without_a_transaction,
    after_begin,
    after_an_error,
    after_terminate,
    in_a_query,
    in_an_extended_query,
    in_the_first_of_several_queries,
    in_a_pipeline_of_several_syncs,
    in_a_header,
    in_copy_in,
    in_copy_in_without_a_transaction,
    in_an_extended_copy_in,
    in_an_extended_copy_in_with_its_sync_sent,
    in_copy_out,
    in_a_large_result,
    between_rows,
    after_a_batch_without_sync,
    after_a_batch_without_sync_or_flush,
    after_parse_and_bind,
    after_an_error_without_sync,
    in_a_sync,
    after_begin_by_a_batch,
    while_statements_are_parsed,
    after_a_statement_was_refused,
    in_a_short_parse,
    while_being_cancelled,
]


# The server waits for the rest of a message


def in_a_long_commit(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("COMMIT" + _LONG)[:50])


def behind_a_header(wire: Wire) -> None:
    after_begin(wire)
    wire.send(query("COMMIT" + _LONG)[:5])


def in_copy_data(wire: Wire) -> None:
    in_copy_in(wire)
    wire.send(CopyData(b"1\n" * 100).encode()[:50])


def in_extended_copy_data(wire: Wire) -> None:
    in_an_extended_copy_in(wire)
    wire.send(CopyData(b"1\n" * 100).encode()[:50])


def in_a_bind(wire: Wire) -> None:
    wire.send(batch(INSERT), batch("SELECT $1", (b"x" * 1000,))[:-500])


def in_a_long_parse(wire: Wire) -> None:
    wire.send(batch(INSERT), Parse(b"", (INSERT + _LONG).encode()).encode()[:-500])


HALVES: list[Act] = [
    in_a_long_commit,
    behind_a_header,
    in_copy_data,
    in_extended_copy_data,
    in_a_bind,
    in_a_long_parse,
]


# Ways to go


def close(wire: Wire) -> None:
    wire.close()


def reset(wire: Wire) -> None:
    wire.reset()


def half_close(wire: Wire) -> None:
    wire.socket.shutdown(socket.SHUT_WR)


WAYS: list[Leave] = [close, reset, half_close]
