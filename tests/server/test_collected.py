"""Replies that are for us are kept up to a limit."""

from pgpool_py.server.collected import Collected


def test_what_comes_is_kept_in_order() -> None:
    collected = Collected(4)
    collected.add(memoryview(b"ab"))
    collected.add(memoryview(b"cd"))
    assert (bytes(collected.data), collected.overflown) == (b"abcd", False)


def test_of_more_than_the_limit_nothing_is_kept_and_nothing_behind_it() -> None:
    collected = Collected(4)
    for piece in (b"abc", b"de", b"f"):
        collected.add(memoryview(piece))
    assert (bytes(collected.data), collected.overflown) == (b"", True)
