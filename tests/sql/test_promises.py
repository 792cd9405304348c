"""Who reads less must not find more to be harmless: glance, words, and the tree.

What they say is held to pglast's trees, of statements that a grammar makes, that
programs and drivers have sent, and that were written to deceive.
"""

import pytest
from hypothesis import given, settings

from pgpool_py.sql.classify import classify
from pgpool_py.sql.refine import installed, refined
from pgwire.classification import UNSEEN, Touch
from pgwire.glance import harmless_at_a_glance

from .statements import TRAPS, texts
from .test_recorded import STATEMENTS
from .trees import harm_in, is_rerunnable, trees_of

HINTS = Touch.GONE
ASK = refined(classify, installed())


def hold_to_promises(text: bytes) -> None:
    found, asked = classify(text), ASK(text)
    assert asked.touches & ~found.touches == Touch(0)
    assert asked.self_contained >= found.self_contained
    assert asked.rerunnable >= found.rerunnable
    trees = trees_of(text)
    if trees is None:
        # What PostgreSQL does not take apart, it does not run.
        assert asked == found
        return
    harm = harm_in(trees)
    if harmless_at_a_glance(text + b"\0", 0, len(text) + 1) is not None:
        assert found == UNSEEN or not found.touches
        assert not harm
    for each in (found, asked):
        if not each.touches & ~HINTS:
            assert not harm
        assert not each.self_contained or not each.touches
        assert not each.rerunnable or (each.self_contained and is_rerunnable(trees))


@settings(max_examples=400)
@given(texts)
def test_statements_of_a_grammar(text: str) -> None:
    hold_to_promises(text.encode())


@pytest.mark.parametrize("text", TRAPS)
def test_statements_that_deceive(text: str) -> None:
    hold_to_promises(text.encode())


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements_that_were_sent(text: bytes) -> None:
    assert trees_of(text) is not None
    hold_to_promises(text)


def test_the_grammar_makes_statements_of_all_kinds() -> None:
    seen = {"sql": 0, "harmless": 0, "refined": 0, "rerunnable": 0}

    @settings(max_examples=400, database=None, derandomize=True)
    @given(texts)
    def count(text: str) -> None:
        encoded = text.encode()
        if trees_of(encoded) is not None:
            found, asked = classify(encoded), ASK(encoded)
            seen["sql"] += 1
            seen["harmless"] += not found.touches
            seen["refined"] += asked.touches != found.touches
            seen["rerunnable"] += asked.rerunnable

    count()
    assert seen["sql"] > 50
    assert min(seen.values()) > 0
