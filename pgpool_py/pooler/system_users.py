"""The names of users of the system, by the numbers that the kernel gives.

A look-up may ask a directory service over the network, and nothing can be served
meanwhile; so it is made for unix sockets only, where a rule wants to know, and once.
"""

import pwd
from typing import Final

MOST: Final = 1000


class SystemUsers:
    """Remembers names until the next reload."""

    def __init__(self) -> None:
        self._names: dict[int, str | None] = {}

    def name_of(self, uid: int) -> str | None:
        """Give a user's name, None if it has none."""
        if uid not in self._names:
            if len(self._names) >= MOST:
                self._names.clear()
            try:
                self._names[uid] = pwd.getpwuid(uid).pw_name
            except (KeyError, OSError):
                self._names[uid] = None
        return self._names[uid]

    def forget(self) -> None:
        """Look up anew."""
        self._names.clear()
