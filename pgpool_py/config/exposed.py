"""Secrets on disk that every user of the machine can read."""

import os
import stat

from pgpool_py.settings import Settings


def readable_by_all(settings: Settings) -> tuple[str, ...]:
    """Give what to warn of, once: it is no fault, for a container has one user."""
    path = settings.auth_file
    if path is None:
        return ()
    try:
        mode = os.stat(path).st_mode
    except OSError:
        # Replaced right now; who reads it says what is wrong.
        return ()
    if not mode & stat.S_IROTH:
        return ()
    text = (
        f"auth_file: {path} can be read by every user of this machine, and holds "
        f"secrets: chmod 600 {path}"
    )
    return (text,)
