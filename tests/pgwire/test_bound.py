"""Tests of ``protocol/pgwire/bound.py``."""

import pytest

from pgwire.bound import Values, is_open, values_of, with_names
from pgwire.classification import Classification, Touch
from pgwire.frontend import Bind

SETS = Classification(Touch.PARAMETERS, parameters=("work_mem", 2))
LOCAL = Classification(Touch.READING, parameters=(1,))
SEEDS = Touch.LASTING | Touch.REMAINING
UNKNOWN = Touch.PARAMETERS | Touch.PATH | Touch.LASTING


def test_only_a_number_leaves_it_open() -> None:
    assert is_open(SETS)
    assert not is_open(Classification(Touch.PARAMETERS, parameters=("work_mem",)))


@pytest.mark.parametrize(
    ("values", "names", "touches"),
    [
        ((b"x", b"My.Tenant"), ("work_mem", "my.tenant"), Touch.PARAMETERS),
        (
            (b"x", b"search_path"),
            ("work_mem", "search_path"),
            Touch.PARAMETERS | Touch.PATH,
        ),
        ((b"x", b"seed"), ("work_mem", "seed"), Touch.PARAMETERS | SEEDS),
        ((b"x", "my.\u00fc".encode()), (), UNKNOWN),
        ((b"x", None), (), UNKNOWN),
        ((b"x",), (), UNKNOWN),
        ((), (), UNKNOWN),
    ],
)
def test_a_parameter_has_the_name_that_is_bound(
    values: Values, names: tuple[str, ...], touches: Touch
) -> None:
    found = with_names(SETS, values)
    assert (found.parameters, found.touches) == (names, touches)


def test_one_of_the_transaction_does_not_last() -> None:
    assert with_names(LOCAL, ()).touches == Touch.READING | Touch.PATH
    assert with_names(LOCAL, (b"my.x",)).touches == Touch.READING


def test_the_values_are_those_of_a_bind() -> None:
    message = Bind(b"", b"s", (), (b"a", None), ()).encode()
    assert values_of(memoryview(message)) == (b"a", None)
    assert values_of(memoryview(message)[:-3]) == ()
