"""Which texts may share a server, and for how long what was seen of them counts."""

import pytest

from pgpool_py.pooler.texts import Texts, Verdict
from pgpool_py.sql.classify import classify
from pgwire.classification import Classification
from pgwire.seen import ALIKE as DIGITS

SLOW = b"SELECT a FROM t WHERE b = 1"
ALIKE = b"SELECT a FROM t WHERE b = 2"
OTHER = b"SELECT c FROM t WHERE b = 1"


class Asked:
    """Classifies, and counts how often it is asked."""

    def __init__(self) -> None:
        self.texts: list[bytes] = []

    def __call__(self, text: bytes) -> Classification:
        self.texts.append(text)
        return classify(text)


def follows(texts: Texts, text: bytes, now: float) -> bool:
    return texts.may_follow(text, now) is Verdict.YES


def allows_lower(names: frozenset[bytes]) -> bool:
    return names == {b"lower"}


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def texts(asked: Asked) -> Texts:
    return Texts(asked, allows_lower)


def test_what_calls_something_follows_if_that_is_allowed(texts: Texts) -> None:
    assert follows(texts, b"SELECT 1", 0.0)
    assert follows(texts, b"SELECT lower('A')", 0.0)
    assert not follows(texts, b"SELECT upper('a')", 0.0)


def test_a_write_may_be_followed_and_does_not_follow(texts: Texts) -> None:
    write = b"UPDATE t SET a = 1"
    assert texts.may_be_followed(write, 0.0)
    assert not follows(texts, write, 0.0)


def test_what_begins_as_something_refused_is_not_looked_at_again(
    texts: Texts, asked: Asked
) -> None:
    assert not follows(texts, b"UPDATE t SET a = 1", 0.0)
    asked.texts.clear()
    assert not follows(texts, b"UPDATE t SET a = 2", 0.0)
    assert not asked.texts


def test_but_if_it_was_refused_for_what_comes_later(texts: Texts) -> None:
    assert not follows(texts, ALIKE + b" FOR UPDATE", 0.0)
    assert follows(texts, SLOW, 0.0)
    assert not follows(texts, SLOW + b" FOR SHARE", 0.0)


def test_what_has_kept_others_waiting_once_may_do_so_again(texts: Texts) -> None:
    texts.note_slow(SLOW, 0.0)
    assert follows(texts, SLOW, 0.0)
    assert texts.may_be_followed(SLOW, 0.0)


def test_twice_it_stays_alone_for_a_second_and_what_begins_like_it(
    texts: Texts,
) -> None:
    texts.note_slow(SLOW, 0.0)
    texts.note_slow(SLOW, 0.1)
    for text in (SLOW, ALIKE):
        assert not follows(texts, text, 1.0)
        assert not texts.may_be_followed(text, 1.0)
    assert follows(texts, OTHER, 1.0)
    assert follows(texts, SLOW, 1.1)
    assert texts.may_be_followed(ALIKE, 1.1)


def test_what_stalls_all_servers_at_once_is_one_time(texts: Texts) -> None:
    texts.note_slow(SLOW, 0.0)
    texts.note_slow(SLOW, 0.0)
    assert follows(texts, SLOW, 0.0)


def test_not_if_nearly_always_it_does_not(texts: Texts) -> None:
    texts.note_slow(SLOW, 0.0)
    for _ in range(100):
        assert follows(texts, SLOW, 0.0)
    texts.note_slow(SLOW, 0.1)
    assert follows(texts, SLOW, 0.1)


def test_after_ten_seconds_it_is_forgotten(texts: Texts) -> None:
    texts.note_slow(SLOW, 0.0)
    assert follows(texts, SLOW, 10.0)
    texts.note_slow(SLOW, 10.0)
    assert follows(texts, SLOW, 10.0)


def test_only_so_many_are_remembered(texts: Texts, asked: Asked) -> None:
    first = b"UPDATE t SET a = 1"
    assert not follows(texts, first, 0.0)
    for number in range(1000):
        # Letters only: numbers are all alike.
        name = b"".join(b"%c" % (97 + int(digit)) for digit in str(number))
        assert not follows(texts, b"UPDATE " + name + b" SET a = 1", 0.0)
        texts.note_slow(b"SELECT " + name, 0.0)
    asked.texts.clear()
    assert not follows(texts, first, 0.0)
    assert asked.texts


def test_a_query_is_plain_once_its_like_has_followed(texts: Texts) -> None:
    assert not texts.plain_at(0.0)(ALIKE.translate(DIGITS))
    assert follows(texts, SLOW, 0.0)
    assert texts.plain_at(0.0)(ALIKE.translate(DIGITS))
    assert not texts.plain_at(0.0)(OTHER.translate(DIGITS))


def test_one_that_calls_something_never_is(texts: Texts) -> None:
    text = b"SELECT lower('A')"
    assert follows(texts, text, 0.0)
    assert not texts.plain_at(0.0)(text.translate(DIGITS))


def test_nor_is_one_while_its_like_keeps_others_waiting(texts: Texts) -> None:
    assert follows(texts, SLOW, 0.0)
    texts.note_slow(SLOW, 1.0)
    assert texts.plain_at(1.0)(ALIKE.translate(DIGITS))
    texts.note_slow(SLOW, 1.5)
    assert not texts.plain_at(1.5)(ALIKE.translate(DIGITS))
    assert texts.plain_at(3.0)(ALIKE.translate(DIGITS))


def test_there_is_an_end_to_the_queries_that_are_known_to_be_plain(
    texts: Texts,
) -> None:
    for number in range(2500):
        assert follows(texts, b"SELECT a%s" % (b"x" * (number % 1200)), 0.0)
    assert not texts.plain_at(0.0)(b"SELECT a%s" % (b"x" * 1100))
    assert texts.plain_at(0.0)(b"SELECT axx")
