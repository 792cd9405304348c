"""Which process ids and keys clients get, and which requests fit them."""

import secrets
from dataclasses import replace

import pytest

from pgpool_py.client.door import Visitor
from pgpool_py.client.identity import ClientIdentity
from pgpool_py.pooler.cancel_keys import FIRST_PID, CancelKeys
from pgwire.peer_key import MOST_PROCESS_IDS, peer_of, peer_process_id
from pgwire.startup import CancelRequest

IDENTITY = ClientIdentity(
    Visitor(1, "127.0.0.1", 50000, "127.0.0.1", 6432, 0.0, 0.0), "app", "alice", 1, b""
)


def admit(keys: CancelKeys, peer_id: int = 0, number: int = 1) -> CancelRequest:
    """Let a client in; return its cancel request."""
    pid, key = keys.new(number, 2, peer_id)
    keys.add(replace(IDENTITY, pid=pid, cancel_key=key))
    return CancelRequest(pid, key)


@pytest.mark.parametrize(("minor", "size"), [(0, 4), (1, 4), (2, 32), (3, 32)])
def test_keys_are_as_long_as_the_protocol_allows(minor: int, size: int) -> None:
    pid, key = CancelKeys().new(5, minor, 0)
    assert (pid, len(key)) == (FIRST_PID + 5, size)


@pytest.mark.parametrize("minor", [0, 2])
def test_those_of_a_peer_are_short(minor: int) -> None:
    pid, key = CancelKeys().new(5, minor, 0x1234)
    assert len(key) == 4
    assert key[3] & 3 == 3
    assert peer_of(CancelRequest(pid, key)) == 0x1234


def test_a_peer_gives_no_process_id_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    last = MOST_PROCESS_IDS - 1
    monkeypatch.setattr(secrets, "randbelow", lambda most: most - 1)
    keys = CancelKeys()
    # Behind the last one the first one comes.
    pids = [admit(keys, 7).pid for _ in range(3)]
    assert pids == [peer_process_id(7, number) for number in (last, 0, 1)]


def test_even_when_all_but_one_or_all_are_in_use() -> None:
    keys = CancelKeys()
    identities = [
        replace(IDENTITY, pid=peer_process_id(7, number))
        for number in range(MOST_PROCESS_IDS)
    ]
    for identity in identities:
        keys.add(identity)
    keys.remove(identities[4711])
    assert keys.new(1, 0, 7)[0] == identities[4711].pid
    keys.add(identities[4711])
    keys.add(replace(IDENTITY, pid=FIRST_PID + 1))
    assert keys.new(1, 0, 7)[0] == FIRST_PID + 2


@pytest.mark.parametrize("peer_id", [0, 7])
def test_a_request_fits_whose_key_is_given(peer_id: int) -> None:
    keys = CancelKeys()
    request = admit(keys, peer_id)
    assert keys.fits(request, in_group=bool(peer_id))
    assert len(keys) == 1


@pytest.mark.parametrize("in_group", [False, True])
@pytest.mark.parametrize("spoilt", [b"", b"ke", b"key?", bytes(32)])
def test_and_no_other(spoilt: bytes, in_group: bool) -> None:
    keys = CancelKeys()
    pid = admit(keys, 7).pid
    spoilt = spoilt or bytes(4)
    assert not keys.fits(CancelRequest(pid, spoilt), in_group=in_group)
    assert not keys.fits(CancelRequest(1, b"key!"), in_group=in_group)


def test_hops_may_be_lost_on_the_way_in_a_group_only() -> None:
    keys = CancelKeys()
    request = admit(keys, 7)
    for less in (1, 2, 3):
        key = request.key[:3] + bytes((request.key[3] - less,))
        assert keys.fits(CancelRequest(request.pid, key), in_group=True)
        assert not keys.fits(CancelRequest(request.pid, key), in_group=False)


def test_keys_of_before_a_reload_still_fit() -> None:
    keys = CancelKeys()
    alone = admit(keys)
    first = admit(keys, 7, 2)
    assert keys.fits(alone, in_group=True)
    assert keys.fits(first, in_group=False)


def test_who_is_gone_has_no_key() -> None:
    keys = CancelKeys()
    pid, key = keys.new(1, 0, 7)
    identity = replace(IDENTITY, pid=pid, cancel_key=key)
    keys.add(identity)
    keys.remove(identity)
    keys.remove(identity)
    assert not keys.fits(CancelRequest(pid, key), in_group=True)
    assert len(keys) == 0
