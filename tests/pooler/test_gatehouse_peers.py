"""The keys that clients of a process with a peer id get."""

from pgwire.peer_key import peer_of
from pgwire.startup import CancelRequest
from tests.fixtures.messages import kinds
from tests.pooler.group import OURS, Group, ask, reload
from tests.pooler.house import startup
from tests.pooler.test_gatehouse import key_of


def test_clients_get_keys_that_name_this_process(group: Group) -> None:
    house = group()
    key = key_of(house.come_in().received())
    assert peer_of(CancelRequest(key.pid, key.key)) == OURS
    assert len(key.key) == 4


def test_a_client_that_asks_for_long_keys_is_told_that_there_are_none(
    group: Group,
) -> None:
    house = group()
    house.come_in()
    # The minor stands in the last byte of the code.
    newer = bytearray(startup())
    newer[7] = 2
    stream = house.arrive(bytes(newer)).received()
    assert kinds(stream) == "vRSSSSSKZ"
    assert len(key_of(stream).key) == 4


def test_a_login_keeps_its_minor_when_the_peer_id_is_taken_away(group: Group) -> None:
    house = group()
    newer = bytearray(startup())
    newer[7] = 2
    client = house.arrive(bytes(newer))
    reload(house, peer_id=0)
    house.log_in_server()
    assert len(key_of(client.received()).key) == 4


def test_the_console_has_such_keys_too(group: Group) -> None:
    house = group()
    house.arrive(startup("pgbouncer", "root"))
    (console,) = house.console.opened
    key = CancelRequest(console.identity.pid, console.identity.cancel_key)
    assert peer_of(key) == OURS
    ask(house, key)
    assert console.cancelled == 1
