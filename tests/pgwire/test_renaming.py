"""PREPARE, EXECUTE and DEALLOCATE of a client that has another server each time."""

import pytest

from pgwire.classification import Touch
from pgwire.frontend import Parse, Query
from pgwire.statement import PREFIX
from tests.fixtures.messages import (
    READY,
    complete,
    done,
    kinds,
    query,
    refused,
    split,
)
from tests.pgwire.naming_client import OURS, OURS_DONE, PREPARE, Naming
from tests.pgwire.preparing import (
    BOUND,
    CLOSED,
    EXECUTE,
    PARSED,
    SYNC,
    Server,
    bind,
    parse,
    prepare,
    statement_of,
)


@pytest.fixture
def client() -> Naming:
    return Naming()


def text_of(sent: bytes) -> bytes:
    """Return the text of the Query that was sent last."""
    kind, body = split(sent)[-1]
    assert kind == "Q"
    return Query.decode(body).sql


def unsure(client: Naming) -> bool:
    """Return whether it is not known what its names are for."""
    return client.requests.names_in_doubt


# By Query


def test_a_server_that_has_it_is_sent_nothing_else(
    client: Naming, server: Server
) -> None:
    name = client.prepare(server)
    assert client.send(server, query("EXECUTE p (1)")) == query(
        f"EXECUTE {name.decode()} (1)"
    )


def test_another_server_is_sent_it_in_front(client: Naming, server: Server) -> None:
    name = client.prepare(server)
    other = Server()
    sent = client.send(other, query("EXECUTE p (1)"))
    assert kinds(sent) == OURS + "SQ"
    again = Parse.decode(split(sent)[0][1])
    assert again.sql == b"PREPARE " + name + b" (int) AS SELECT $1"
    shown = client.answer(other, OURS_DONE, READY, done())
    assert shown == done()
    assert kinds(client.send(other, query("EXECUTE p (2)"))) == "Q"


def test_what_a_transaction_may_have_set_is_not_set_back(
    client: Naming, server: Server
) -> None:
    client.prepare(server, query("PREPARE p AS SELECT '1'"))
    client.context = b"timezone\0CET\0"
    assert kinds(client.send(Server(), query("EXECUTE p"))).startswith("PBEC" + OURS)
    client.watch.reads_otherwise = True
    assert kinds(client.send(Server(), query("EXECUTE p"))) == OURS + "SQ"


@pytest.mark.parametrize("text", ["EXECUTE p (1)", "DEALLOCATE missing"])
def test_a_batch_that_is_open_is_not_ended_in_front_of_a_query(
    client: Naming, server: Server, text: str
) -> None:
    client.prepare(server)
    other = Server()
    batch = parse(b"", b"INSERT INTO t VALUES (1)"), bind(b""), EXECUTE
    client.send(other, *batch)
    client.answer(other, PARSED, BOUND, complete("INSERT 0 1"))
    sent = kinds(client.send(other, query(text)))
    assert sent in {"CQ", OURS + "Q"}
    in_front = CLOSED if sent == "CQ" else OURS_DONE
    error = refused("no", "22012")
    assert client.answer(other, in_front, error, READY) == error + READY
    assert other.ledger.settled


def test_an_error_in_front_is_told_in_place_of_the_querys(
    client: Naming, server: Server
) -> None:
    name = client.prepare(server)
    other = Server()
    client.send(other, query("EXECUTE p (1)"))
    missing = refused(f'"{name.decode()}" is missing', "26000")
    error = refused("no table", "42P01")
    shown = client.answer(other, PARSED, BOUND, error, READY, missing, READY)
    assert shown == error + READY
    assert other.ledger.settled
    # The server has it not.
    assert kinds(client.send(other, query("EXECUTE p (1)"))) == "C" + OURS + "SQ"


def test_what_runs_in_spite_of_that_error_is_not_told(
    client: Naming, server: Server
) -> None:
    client.prepare(server)
    other = Server()
    client.send(other, query("CREATE TABLE IF NOT EXISTS t AS EXECUTE p (1)"))
    error = refused("no table", "42P01")
    shown = client.answer(other, error, READY, complete("CREATE TABLE AS"), READY)
    assert shown == error + READY
    assert other.ledger.settled
    assert other.ledger.readies == 1


def test_what_failed_is_not_the_clients(client: Naming, server: Server) -> None:
    client.send(server, PREPARE)
    client.answer(server, refused(), READY)
    assert not client.requests.names
    # Its own name is made to be free.
    assert kinds(client.send(server, query("EXECUTE p"))) == "CSQ"


def test_a_duplicate_meets_the_statement_on_any_server(
    client: Naming, server: Server
) -> None:
    name = client.prepare(server)
    again = query("PREPARE p AS SELECT 2")
    assert text_of(client.send(server, again)) == (b"PREPARE " + name + b" AS SELECT 2")
    other = Server()
    sent = client.send(other, again)
    assert kinds(sent) == "PSQ"
    assert Parse.decode(split(sent)[0][1]) == Parse(name, b"")
    error = refused(f'"{name.decode()}" is there', "42P05")
    client.answer(other, PARSED, READY, error, READY)
    assert client.requests.in_own_names(error) == refused('"p" is there', "42P05")
    # What was sent there in its place is never executed.
    assert kinds(client.send(other, query("EXECUTE p"))) == "C" + OURS + "SQ"


def test_what_is_dropped_is_dropped_for_all_servers(
    client: Naming, server: Server
) -> None:
    name = client.prepare(server)
    drop = client.send(server, query("DEALLOCATE p"))
    assert drop == query(f"DEALLOCATE {name.decode()}")
    client.answer(server, done("DEALLOCATE"))
    assert not client.requests.names
    assert kinds(client.send(server, query("EXECUTE p"))) == "CSQ"


def test_one_that_was_not_told_of_may_be_done(client: Naming, server: Server) -> None:
    sent = client.send(server, query("INSERT; PREPARE p AS SELECT 1"))
    name = text_of(sent).split()[2]
    client.answer(server, complete("INSERT 0 1"), refused("at the end", "23503"), READY)
    assert unsure(client)
    client.requests.note_there((b"pgpool_other", name), others=False)
    assert list(client.requests.names) == [b"p"]
    assert not unsure(client)
    # Servers that have it are not known.
    assert kinds(client.send(server, query("EXECUTE p"))) == "C" + OURS + "SQ"


def test_one_that_is_not_there_was_not_done(client: Naming, server: Server) -> None:
    client.send(server, query("INSERT; PREPARE p AS SELECT 1"))
    client.answer(server, refused("at once", "23503"), READY)
    client.requests.note_there((b"pgpool_other",), others=False)
    assert not client.requests.names
    assert not unsure(client)


@pytest.mark.parametrize("there", [True, False])
def test_one_that_was_dropped_untold_is_dropped(
    client: Naming, server: Server, *, there: bool
) -> None:
    name = client.prepare(server)
    client.send(server, query("INSERT; DEALLOCATE p"))
    client.answer(server, complete("INSERT 0 1"), refused("at the end", "23503"), READY)
    assert unsure(client)
    client.requests.note_there((name,) if there else (), others=True)
    assert (b"p" in client.requests.names) is there
    assert not unsure(client)


def test_of_one_that_stood_alone_all_is_told(client: Naming, server: Server) -> None:
    client.send(server, PREPARE)
    client.answer(server, refused(), READY)
    assert not unsure(client)


def test_one_under_its_own_name_is_left_until_it_is_told(
    client: Naming, server: Server
) -> None:
    sent = client.send(server, query("PREPARE p AS SELECT 1; PREPARE q AS SELECT 2"))
    assert kinds(sent) == "CCSQ"
    assert client.requests.leaves_state
    assert unsure(client)
    client.answer(server, CLOSED * 2 + READY, complete("PREPARE") * 2 + READY)
    assert not unsure(client)
    assert client.requests.keeps_server


def test_names_wait_until_all_is_answered(client: Naming, server: Server) -> None:
    assert client.send(server, query("SELECT 1"), PREPARE) == query("SELECT 1")
    assert client.requests.held
    client.answer(server, done())
    assert kinds(client.send(server, PREPARE)) == "Q"
    assert client.send(server, bind(b"p"), EXECUTE, SYNC) == b""
    assert client.requests.held


def test_where_names_are_left_alone_it_keeps_its_server(
    client: Naming, server: Server
) -> None:
    client.context = None
    assert client.send(server, PREPARE) == PREPARE
    client.answer(server, done("PREPARE"))
    assert client.requests.keeps_server
    assert client.requests.ties


def test_one_that_was_prepared_unseen_is_noticed(
    client: Naming, server: Server
) -> None:
    client.send(server, query("unseen"))
    client.answer(server, done("PREPARE"))
    assert client.requests.ties
    assert client.requests.keeps_server
    # It is left to the server, and so are others from now on.
    assert client.send(server, query("EXECUTE n")) == query("EXECUTE n")
    assert client.watch.judged[-1][0].touches & Touch.UNREAD
    client.answer(server, done())
    client.requests.note_strays(found=False)
    assert kinds(client.send(server, query("EXECUTE n"))) == "CSQ"


def test_what_is_executed_is_judged_by_what_was_prepared(
    client: Naming, server: Server
) -> None:
    client.prepare(server, query("PREPARE p AS SELECT lock"))
    client.watch.texts()
    client.send(server, query("EXECUTE p"))
    executed, prepared = client.watch.texts()
    assert executed == b"EXECUTE p"
    assert prepared.endswith(b"AS SELECT lock")


def test_what_was_read_in_doubt_is_parsed_anew(client: Naming, server: Server) -> None:
    client.watch.reads_otherwise = True
    client.prepare(server)
    assert kinds(client.send(server, query("EXECUTE p (1)"))) == "C" + OURS + "SQ"


def test_dropping_all_drops_what_sql_prepared(client: Naming, server: Server) -> None:
    client.prepare(server)
    client.send(server, query("DEALLOCATE ALL"))
    client.answer(server, done("DEALLOCATE ALL"))
    assert not client.requests.names
    assert kinds(client.send(server, PREPARE)) == "Q"


# By the extended protocol


def test_what_sql_prepared_is_bound(client: Naming, server: Server) -> None:
    name = client.prepare(server)
    sent = client.send(server, bind(b"p"), EXECUTE, SYNC)
    assert kinds(sent) == "BES"
    assert statement_of(split(sent)[0][1]) == name
    other = Server()
    sent = client.send(other, bind(b"p"), EXECUTE, SYNC)
    assert kinds(sent) == OURS + "BES"
    shown = client.answer(other, OURS_DONE, BOUND, done())
    assert shown == BOUND + done()


def test_what_the_protocol_prepared_is_executed(client: Naming, server: Server) -> None:
    name = prepare(client, server, b"p", b"SELECT $1")
    assert text_of(client.send(server, query("EXECUTE p"))) == b"EXECUTE " + name
    other = Server()
    assert kinds(client.send(other, query("EXECUTE p"))) == "PSQ"


def test_what_is_executed_is_sent_with_the_servers_names_in_it(
    client: Naming, server: Server
) -> None:
    prepare(client, server, b"p", b"SELECT 1")
    prepare(client, server, b"d", b"DEALLOCATE p")
    dropped = client.requests.names[b"p"]
    assert dropped is not None
    other = Server()
    sent = client.send(other, query("EXECUTE d"))
    # Of what is dropped, its name will do.
    assert kinds(sent) == "PPSQ"
    form = Parse.decode(split(sent)[1][1])
    assert form.sql == b"DEALLOCATE " + dropped.name
    assert text_of(sent) == b"EXECUTE " + form.statement
    client.answer(other, PARSED, PARSED, READY, done("DEALLOCATE"))
    assert set(client.requests.names) == {b"d"}


def test_what_executes_itself_is_given_up(client: Naming, server: Server) -> None:
    prepare(client, server, b"e", b"EXECUTE e")
    sent = client.send(server, query("EXECUTE e"))
    texts = [Parse.decode(body).sql for kind, body in split(sent) if kind == "P"]
    assert texts.pop(0).startswith(b"EXECUTE " + PREFIX)
    assert 0 < len(texts) < 10


@pytest.mark.parametrize("named", [b"", b"s"])
def test_a_prepare_that_is_bound_is_done_when_its_tag_comes(
    client: Naming, server: Server, named: bytes
) -> None:
    batch = (parse(named, b"PREPARE p AS SELECT 1"), bind(named), EXECUTE, SYNC)
    assert kinds(client.send(server, *batch)) == "PBES"
    client.answer(server, PARSED, BOUND)
    assert b"p" not in client.requests.names
    client.answer(server, done("PREPARE"))
    assert b"p" in client.requests.names


@pytest.mark.parametrize("named", [b"", b"s"])
def test_an_execute_is_parsed_with_the_servers_name(
    client: Naming, server: Server, named: bytes
) -> None:
    name = client.prepare(server)
    batch = (parse(named, b"EXECUTE p (1)"), bind(named), EXECUTE, SYNC)
    sent = client.send(server, *batch)
    assert kinds(sent) == "PBES"
    assert Parse.decode(split(sent)[0][1]).sql == b"EXECUTE " + name + b" (1)"
    other = Server()
    client.answer(server, PARSED, BOUND, done())
    sent = client.send(other, bind(named), EXECUTE, SYNC)
    assert kinds(sent) == OURS + "PBES"
    assert b"EXECUTE " + name in sent


@pytest.mark.parametrize("named", [b"", b"s"])
def test_an_execute_means_what_the_name_means_by_then(
    client: Naming, server: Server, named: bytes
) -> None:
    client.prepare(server)
    client.send(server, parse(named, b"EXECUTE p"), SYNC)
    client.answer(server, PARSED, READY)
    sent = client.send(server, parse(b"t", b"DEALLOCATE p"), bind(b"t"), EXECUTE, SYNC)
    assert kinds(sent) == "PBES"
    client.answer(server, PARSED, BOUND, done("DEALLOCATE"))
    sent = client.send(
        server, parse(b"u", b"PREPARE p AS SELECT 2"), bind(b"u"), EXECUTE, SYNC
    )
    client.answer(server, PARSED, BOUND, done("PREPARE"))
    statement = client.requests.names[b"p"]
    assert statement is not None
    sent = client.send(server, bind(named), EXECUTE, SYNC)
    assert b"EXECUTE " + statement.name in sent


@pytest.mark.parametrize("named", [b"", b"s"])
def test_within_a_batch_names_wait_for_a_prepare(
    client: Naming, server: Server, named: bytes
) -> None:
    batch = (parse(named, b"PREPARE p AS SELECT 1"), bind(named), EXECUTE)
    sent = client.send(server, *batch, bind(b"p"), EXECUTE, SYNC)
    assert kinds(sent) == "PBEH"
    assert client.requests.held
    client.answer(server, PARSED, BOUND, complete("PREPARE"))
    assert kinds(client.send(server, bind(b"p"), EXECUTE, SYNC)) == "BES"
