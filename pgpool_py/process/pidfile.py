"""The file that holds the process id, and that says "I run already" to a second."""

import os
from pathlib import Path


class PidfileError(Exception):
    """Another process holds the file, or it cannot be written."""


class Pidfile:
    """Written by :meth:`write`, taken away by :meth:`remove` if it is still ours."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    def check(self) -> None:
        """Raise PidfileError if the file names a process that lives."""
        pid = self._read()
        if pid is not None and pid != os.getpid() and _lives(pid):
            raise PidfileError(
                f"pidfile '{self._path}' exists, another instance running? "
                f"(process {pid} lives)"
            )

    def write(self) -> None:
        """Write this process's id; PidfileError if that is impossible."""
        try:
            self._path.write_text(f"{os.getpid()}\n", encoding="ascii")
        except OSError as error:
            raise PidfileError(
                f"cannot write pidfile '{self._path}': {error.strerror}"
            ) from None

    def remove(self) -> None:
        """Take the file away, unless somebody else's id is in it."""
        if self._read() == os.getpid():
            self._path.unlink(missing_ok=True)

    def _read(self) -> int | None:
        try:
            text = self._path.read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        return int(text) if text.strip().isdigit() else None


def _lives(pid: int) -> bool:
    if not pid:
        # kill(2): that would be our own process group.
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
