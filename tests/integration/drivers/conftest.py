"""Poolers for the drivers: transaction mode, and nothing else that is not a default."""

from collections.abc import Iterator

import pytest

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooling import StartPooler

from .observed import Observed
from .transcript import Transcript


@pytest.fixture
def observed(pooled: EmbeddedPostgres, start_pooler: StartPooler) -> Iterator[Observed]:
    """Return a pooler of which all is known that it asks of PostgreSQL."""
    transcript = Transcript(pooled)
    with transcript.kept():
        pooler = start_pooler(pool_mode="transaction", admin_users="postgres")
        with pooler.connect("pgbouncer") as console:
            yield Observed(pooler, console, transcript)
