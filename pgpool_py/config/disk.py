"""The files of records that the configuration names, as they are on disk."""

import os
from collections.abc import Iterable

from .ini import read_text

# A directory with more than that is no directory of rules.
_MOST_NAMES = 100_000


class Disk:
    """See ``auth.record_file.Files``; paths are relative to the working directory."""

    def read(self, path: str) -> str:
        """Return the text of a file of bounded size; raises OSError."""
        return read_text(path)

    def names(self, directory: str) -> Iterable[str]:
        """Return the names of what is in a directory; raises OSError."""
        found = os.listdir(directory)
        if len(found) > _MOST_NAMES:
            raise OSError(f"holds more than {_MOST_NAMES} names")
        return found
