"""Statements of a watched client that set a parameter which is named by a Bind."""

import pytest

from pgwire.classification import Classification, Touch
from pgwire.frontend import Bind
from pgwire.naming import KEPT_LIMIT
from pgwire.watched import WatchedRequests
from tests.pgwire.preparing import Server, prepare
from tests.pgwire.watching import Watched

SETS = Classification(Touch.PARAMETERS, parameters=(1,))


def naming() -> Watched:
    """Return a client all of whose texts set the parameter that $1 names."""
    client = Watched()
    client.requests = WatchedRequests(client.book, lambda _: SETS, client.watch)
    return client


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.mark.parametrize("name", [b"", b"s"])
def test_a_parameter_is_named_by_the_bind(server: Server, name: bytes) -> None:
    client = naming()
    prepare(client, server, name, b"sets $1")
    client.watch.judged.clear()
    message = Bind(b"", name, (), (b"work_mem", b"1MB"), ()).encode()
    client.send(server, message[:-6])
    assert client.used == 0
    assert client.watch.judged == []
    client.send(server, message)
    ((found, _),) = client.watch.judged
    assert found.parameters == ("work_mem",)


def test_what_is_bound_by_a_long_message_is_not_looked_at(server: Server) -> None:
    client = naming()
    prepare(client, server, b"s", b"sets $1")
    value = b"x" * KEPT_LIMIT
    message = Bind(b"", b"s", (), (b"work_mem", value), ()).encode()
    client.send(server, message[:100])
    ((found, _),) = client.watch.judged
    assert found.touches == Touch.PARAMETERS | Touch.PATH | Touch.LASTING
