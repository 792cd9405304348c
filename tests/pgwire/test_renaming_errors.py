"""Errors of texts with names in them, and of others: where they point to."""

import pytest

from pgwire.diagnostics import ErrorResponse
from pgwire.exchange import MisnamingError
from pgwire.frontend import Parse
from tests.fixtures.messages import READY, complete, kinds, query, split
from tests.pgwire.naming_client import Naming
from tests.pgwire.preparing import (
    BOUND,
    EXECUTE,
    PARSED,
    SYNC,
    Server,
    bind,
    parse,
    prepare,
)


@pytest.fixture
def client() -> Naming:
    return Naming()


def test_an_error_of_what_is_executed_points_into_the_clients_text_of_that(
    client: Naming, server: Server
) -> None:
    prepare(client, server, b"e", b"PREPARE n AS SELECT nothing")
    sent = client.send(Server(), query("EXECUTE e"))
    (form,) = (Parse.decode(body).sql for kind, body in split(sent) if kind == "P")
    place = str(form.index(b"nothing") + 1)
    error = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "1", "M": "", "P": place})
    seen = client.requests.in_own_names(error.encode(), altered=True)
    assert b"P%d\0" % (len("PREPARE n AS SELECT ") + 1) in seen


@pytest.mark.parametrize("named", [b"", b"s"])
def test_an_error_of_one_that_is_parsed_in_front_points_to_the_clients_text(
    client: Naming, server: Server, named: bytes
) -> None:
    client.send(server, parse(named, b"PREPARE p AS SELECT 1"), SYNC)
    client.answer(server, PARSED, READY)
    other = Server()
    assert kinds(client.send(other, bind(named), EXECUTE, SYNC)) == "PBES"
    error = ErrorResponse({"S": "ERROR", "V": "ERROR", "M": "no", "C": "1", "P": "90"})
    client.answer(other, PARSED, BOUND, error.encode())
    (found,) = (e for e in other.ledger.events if isinstance(e, MisnamingError))
    assert found.altered


@pytest.mark.parametrize(
    ("named", "behind"), [(b"", False), (b"s", False), (b"s", True)]
)
def test_an_error_of_another_text_of_the_batch_is_left_as_it_is(
    client: Naming, server: Server, named: bytes, behind: bool
) -> None:
    client.prepare(server)
    altered = [parse(named, b"EXECUTE p (1)"), bind(named), EXECUTE]
    other = [parse(b"o", b"SELECT nothing")]
    client.send(server, *(altered + other if behind else other + altered), SYNC)
    error = ErrorResponse({"S": "ERROR", "V": "ERROR", "M": "no", "C": "1", "P": "8"})
    done_before = PARSED + BOUND + complete("SELECT 1") if behind else b""
    client.answer(server, done_before, error.encode())
    assert not any(isinstance(e, MisnamingError) for e in server.ledger.events)


def test_nor_is_that_of_a_query_behind_a_batch_that_has_no_sync(
    client: Naming, server: Server
) -> None:
    client.send(server, parse(b"s", b"PREPARE p AS SELECT 1"))
    client.answer(server, PARSED)
    client.send(server, query("SELECT nothing"))
    error = ErrorResponse({"S": "ERROR", "V": "ERROR", "M": "no", "C": "1", "P": "8"})
    client.answer(server, error.encode())
    assert not any(isinstance(e, MisnamingError) for e in server.ledger.events)


@pytest.mark.parametrize("named", [b"", b"s"])
@pytest.mark.parametrize("answered", [b"", PARSED, PARSED + BOUND])
def test_an_error_of_a_text_with_names_points_into_the_clients(
    client: Naming, server: Server, named: bytes, answered: bytes
) -> None:
    client.prepare(server)
    client.send(server, parse(named, b"EXECUTE p (1)"), bind(named), EXECUTE, SYNC)
    error = ErrorResponse({"S": "ERROR", "V": "ERROR", "M": "no", "C": "1", "P": "90"})
    client.answer(server, answered, error.encode())
    (found,) = (e for e in server.ledger.events if isinstance(e, MisnamingError))
    assert found.altered
