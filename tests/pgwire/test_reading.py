"""A statement is read under the parameters of the time when it was parsed."""

from pgwire.frontend import Bind, Parse
from pgwire.reading import context_of
from pgwire.statement import StatementBook
from tests.fixtures.messages import IN_TRANSACTION, READY, complete, kinds, split
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    PARSED,
    SYNC,
    Client,
    Server,
    bind,
    parse,
    prepare,
)
from tests.pgwire.watching import Watched


def test_what_was_read_under_other_parameters_is_read_under_them_again(
    client: Client,
) -> None:
    client.context = context_of([("timezone", "CET")])
    prepare(client, Server(), b"s", b"SELECT 1")
    client.context = context_of([("datestyle", "German")])
    server = Server()
    sent = split(client.send(server, bind(b"s"), SYNC))
    assert "".join(kind for kind, _ in sent) == "PBECBECPPBECBECBS"
    values = [Bind.decode(body).parameters for kind, body in sent if kind == "B"]
    assert values == [
        (b"datestyle", None),
        (b"timezone", b"CET"),
        (b"datestyle", b"German"),
        (b"timezone", None),
        (b"value",),
    ]
    set_two = PARSED + (BOUND + complete() + CLOSED) * 2
    # It lasts no longer than what it is set back to may do.
    texts = [Parse.decode(body).sql for kind, body in sent if kind == "P"]
    assert texts[0] == texts[2] == b"SELECT pg_catalog.set_config($1, $2, true)"
    # All of it is ours, but for the client's own.
    assert server.answer(set_two, PARSED, set_two, BOUND, READY) == BOUND + READY


def test_who_the_session_is_changes_by_way_of_whom_the_server_has_logged_in_as(
    client: Client, server: Server
) -> None:
    client.context = context_of([("role", "nobody"), ("timezone", "CET")])
    prepare(client, Server(), b"s", b"SELECT 1")
    client.context = context_of([("session_authorization", "reader")])
    sent = split(client.send(server, bind(b"s"), SYNC))
    values = [Bind.decode(body).parameters for kind, body in sent if kind == "B"]
    # A change of the session's user takes the role away.
    assert values == [
        (b"session_authorization", None),
        (b"timezone", b"CET"),
        (b"role", b"nobody"),
        (b"role", None),
        (b"timezone", None),
        (b"session_authorization", b"reader"),
        (b"value",),
    ]


def test_what_may_be_changed_by_what_runs_is_not_set_back(server: Server) -> None:
    client = Watched(StatementBook(200))
    client.send(Server(), parse(b"s", b"SELECT '1'"), SYNC)
    client.context = context_of([("role", "reader")])
    reset = parse(b"", b"RESET ROLE"), bind(b""), EXECUTE, SYNC
    # Whose role it is by then is to be seen.
    assert kinds(client.send(server, *reset, bind(b"s"), SYNC)) == "PBES"
    assert client.requests.held
    server.answer(PARSED, BOUND, complete("RESET"), IN_TRANSACTION)
    client.watch.reads_otherwise = True
    assert kinds(client.send(server, bind(b"s"), SYNC)) == "PBS"
