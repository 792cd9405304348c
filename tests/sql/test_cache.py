"""Tests of ``pgpool_py/sql/cache.py``."""

from pgpool_py.sql.cache import ClassificationCache
from pgwire.classification import Classification, Touch


class Asked:
    """A ``Classify`` that notes what it is asked."""

    def __init__(self, *functions: str) -> None:
        self.texts: list[bytes] = []
        self._found = Classification(Touch.LOCKS, functions=frozenset(functions))

    def __call__(self, text: bytes) -> Classification:
        self.texts.append(text)
        return self._found


def test_what_was_found_is_not_looked_for_again() -> None:
    asked = Asked()
    cache = ClassificationCache(asked)

    assert cache(b"a") is cache(b"a")
    assert asked.texts == [b"a"]


def test_the_text_not_asked_for_longest_is_forgotten() -> None:
    asked = Asked()
    cache = ClassificationCache(asked, 16 * 1024)
    while len(cache) == len(asked.texts):
        cache(b"%d" % len(asked.texts))
        cache(b"0")
    before = len(asked.texts)
    cache(b"0")
    cache(b"1")

    assert asked.texts[before:] == [b"1"]


def test_the_size_has_a_bound() -> None:
    asked = Asked("a function")
    cache = ClassificationCache(asked, 64 * 1024)
    sizes = []
    for number in range(1000):
        cache(b"%0500d" % number)
        sizes.append(cache.size)

    assert max(sizes) <= 64 * 1024
    assert max(sizes) > 60 * 1024
    assert 10 < len(cache) < 100


def test_a_text_that_would_put_out_many_is_not_kept() -> None:
    asked = Asked()
    cache = ClassificationCache(asked, 64 * 1024)
    for _ in range(2):
        cache(b"x" * 8192)

    assert len(asked.texts) == 2
    assert (len(cache), cache.size) == (0, 0)
