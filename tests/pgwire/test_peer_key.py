"""Keys that name a peer, bit by bit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.peer_key import (
    MOST_PROCESS_IDS,
    hops_left,
    peer_of,
    peer_process_id,
    with_a_hop_less,
    with_all_hops,
)
from pgwire.startup import CancelRequest

PEER_IDS = st.integers(1, 16383)
NUMBERS = st.integers(0, MOST_PROCESS_IDS - 1)


def test_a_key_of_pgbouncer_is_read() -> None:
    # As PgBouncer 1.24.1 with peer_id 4660 (0x1234) gave it.
    request = CancelRequest(0x403412F5, b"\xdd\x9b\xd0\xa7")
    assert peer_of(request) == 0x1234
    assert hops_left(request) == 3


def test_what_pgbouncer_passes_on_has_a_hop_less() -> None:
    # It got 01070009 010203f3, and sent 01070009 010203f2.
    request = CancelRequest(0x01070009, b"\x01\x02\x03\xf3")
    passed_on = CancelRequest(0x01070009, b"\x01\x02\x03\xf2")
    assert with_a_hop_less(request) == passed_on


def test_the_low_byte_of_the_id_comes_first() -> None:
    assert peer_process_id(0x1234, 0) == 0x01_34_12_00
    assert peer_process_id(0x1234, MOST_PROCESS_IDS - 1) == 0x7F_34_12_FF


@given(PEER_IDS, NUMBERS, NUMBERS)
def test_numbers_give_process_ids_of_their_own(peer: int, one: int, two: int) -> None:
    pids = peer_process_id(peer, one), peer_process_id(peer, two)
    assert (pids[0] == pids[1]) is (one == two)
    # Positive, and no process can have it.
    assert all(4_194_304 < pid < 2**31 for pid in pids)
    assert peer_of(CancelRequest(pids[0], b"key!")) == peer


def test_a_process_id_that_looks_negative_names_a_peer_as_well() -> None:
    pid = int.from_bytes(b"\xf0\x34\x12\0", "big", signed=True)
    assert pid < 0
    assert peer_of(CancelRequest(pid, b"key!")) == 0x1234


@given(st.binary(min_size=4, max_size=4))
def test_hops_are_counted_down_to_none(key: bytes) -> None:
    fresh = with_all_hops(key)
    request = CancelRequest(1, fresh)
    for left in (3, 2, 1):
        assert hops_left(request) == left
        request = with_a_hop_less(request)
        assert with_all_hops(request.key) == fresh
    assert hops_left(request) == 0


@pytest.mark.parametrize("key", [b"\0\0\0\0", b"\xff\xff\xff\xff"])
def test_only_two_bits_are_taken_for_hops(key: bytes) -> None:
    assert with_all_hops(key)[:3] == key[:3]
    assert with_all_hops(key)[3] & ~3 == key[3] & ~3
