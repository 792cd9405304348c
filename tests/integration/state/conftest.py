"""Stages that are cleared when the test is over."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from tests.fixtures.pooler_files import Setting
from tests.fixtures.pooling import StartPooler

from .stage import Arrangement, Stage


class NewStage(Protocol):
    """Makes a stage."""

    def __call__(self, arrangement: Arrangement, **more: Setting) -> Stage:
        """Make one, with further settings of [pgbouncer]."""


@pytest.fixture
def new_stage(start_pooler: StartPooler) -> Iterator[NewStage]:
    """Return a maker of stages."""
    with ExitStack() as stack:

        def make(arrangement: Arrangement, **more: Setting) -> Stage:
            stage = Stage(start_pooler, arrangement, **more)
            stack.callback(stage.clear)
            return stage

        yield make
