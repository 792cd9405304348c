"""Our modules are imported as they are installed, which costs a fraction of a second.

Pytest rewrites the assertions of a distribution that brings a plugin: in a new
environment it would compile all of ours once more, two seconds of a core, for
assertions that it has none of.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Final

_OURS: Final = ("pgpool_py", "pgwire")


class AsInstalled(MetaPathFinder):
    """Finds our modules as Python does, and no others."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where it is; None if it is not ours, or not on the path."""
        if fullname.partition(".")[0] not in _OURS:
            return None
        return PathFinder.find_spec(fullname, path, target)


@contextmanager
def as_installed() -> Iterator[None]:
    """Let nobody rewrite our modules that are imported within."""
    finder = AsInstalled()
    # In front of pytest's own.
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        if finder in sys.meta_path:
            sys.meta_path.remove(finder)
