"""The fixtures of poolers, whole ones and bare ones that are not started."""

from tests.fixtures.hand import clock, loop, new_wire
from tests.pooler.conftest import build, house, stage

__all__ = ["build", "clock", "house", "loop", "new_wire", "stage"]
