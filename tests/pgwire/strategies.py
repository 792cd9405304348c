"""Hypothesis strategies for the fields of messages."""

from typing import TypeVar

from hypothesis import strategies as st

INT16 = st.integers(-(2**15), 2**15 - 1)
INT32 = st.integers(-(2**31), 2**31 - 1)
OID = st.integers(0, 2**32 - 1)

# Anything without the terminator.
NAME = st.binary(max_size=30).map(lambda content: content.replace(b"\0", b""))
TEXT = NAME.map(lambda content: content.decode("utf-8", "surrogateescape"))
VALUE = st.none() | st.binary(max_size=30)


_T = TypeVar("_T")


def tuples(of: st.SearchStrategy[_T]) -> st.SearchStrategy[tuple[_T, ...]]:
    """Make tuples of up to four."""
    return st.lists(of, max_size=4).map(tuple)
