"""Tests of ``pgpool_py/sql/bodies.py``."""

import pytest

from pgpool_py.sql.classify import classify
from pgwire.classification import Touch

UNSEEN = Touch.OPAQUE
NAMED = Touch.OPAQUE | Touch.PARAMETERS


@pytest.mark.parametrize(
    ("text", "touches", "names"),
    [
        ("DO $$ BEGIN SET my.tenant = '1'; END $$", NAMED, ("my.tenant",)),
        ("DO $a$ BEGIN set Session My.Tenant TO 1; END $a$", NAMED, ("my.tenant",)),
        (
            "DO $$ BEGIN PERFORM set_config('a.b', 'c', false); SET d.e = 1; END $$",
            NAMED,
            ("a.b", "d.e"),
        ),
        (
            "DO 'BEGIN PERFORM set_config(''a.b'', ''c'', false); END'",
            NAMED,
            ("a.b",),
        ),
        ("DO $$ BEGIN SET work_mem = 1; END $$", UNSEEN, ()),
        ("DO $$ BEGIN UPDATE a.b SET c = d.e; END $$", UNSEEN, ()),
        ("CALL p()", UNSEEN, ()),
    ],
)
def test_names_with_a_dot_are_found_in_the_body_of_a_do(
    text: str, touches: Touch, names: tuple[str, ...]
) -> None:
    found = classify(text.encode())
    assert found.touches == touches
    assert found.parameters == names


def test_of_very_many_none_is_named_and_they_stay_where_they_are() -> None:
    body = "".join(f"SET a.b{number} = 1; " for number in range(20))
    found = classify(f"DO $$ BEGIN {body} END $$".encode())
    assert (found.touches, found.parameters) == (UNSEEN | Touch.LASTING, ())
