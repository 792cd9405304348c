"""A pooler that is not started."""

from collections.abc import Iterator

import pytest

from tests.pooler.staging import Stage, staged


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Return a pooler with one database, ``shop``, on 127.0.0.1."""
    with staged() as stage:
        yield stage
