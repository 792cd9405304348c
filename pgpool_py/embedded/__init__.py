"""A throw-away PostgreSQL server for the demo, the tests and the benchmarks."""

from .binaries import find_binaries
from .errors import BinariesNotFoundError, EmbeddedError
from .server import EmbeddedPostgres

__all__ = [
    "BinariesNotFoundError",
    "EmbeddedError",
    "EmbeddedPostgres",
    "find_binaries",
]
