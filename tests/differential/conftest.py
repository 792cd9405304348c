"""The rig, on the session's PostgreSQL and a pooler that ends with the test."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.pooler_files import Setting
from tests.fixtures.pooling import StartPooler

from .houses import Oracle
from .rig import Rig
from .stage import settings_for, tables_on


class NewRig(Protocol):
    """Makes a rig."""

    def __call__(self, servers: int, **more: Setting) -> Rig:
        """Make one whose pooler has so many servers, and further settings."""


@pytest.fixture
def new_rig(pooled: EmbeddedPostgres, start_pooler: StartPooler) -> Iterator[NewRig]:
    """Return a maker of rigs."""
    with ExitStack() as stack:
        tables = stack.enter_context(tables_on(pooled))

        def make(servers: int, **more: Setting) -> Rig:
            rig = Rig(
                Oracle(pooled.host, pooled.port),
                tables,
                lambda: start_pooler(more=settings_for(servers) | more),
                servers,
            )
            stack.callback(rig.close)
            return rig

        yield make
