"""The rig, on the session's PostgreSQL and a pooler that ends with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooling import StartPooler

from .houses import Oracle
from .rig import Rig
from .stage import settings_for, tables_on

#: Makes a rig whose pooler has so many servers.
NewRig = Callable[[int], Rig]


@pytest.fixture
def new_rig(pooled: EmbeddedPostgres, start_pooler: StartPooler) -> Iterator[NewRig]:
    """Return a maker of rigs."""
    with ExitStack() as stack:
        tables = stack.enter_context(tables_on(pooled))

        def make(servers: int) -> Rig:
            rig = Rig(
                Oracle(pooled.host, pooled.port),
                tables,
                lambda: start_pooler(more=settings_for(servers)),
                servers,
            )
            stack.callback(rig.close)
            return rig

        yield make
