"""The rig, on the session's PostgreSQL and a pooler that ends with the test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooling import StartPooler

from .houses import Oracle
from .rig import Rig
from .stage import settings_for, tables_on

_HERE = Path(__file__).parent

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests, so that `-m "not integration"` leaves them out."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.integration)
