"""Leaving the terminal."""

import os

from pgpool_py.settings import Settings


class DaemonError(Exception):
    """Detached, the process could not be found, or not be heard."""


def check_daemon(settings: Settings) -> None:
    """Raise DaemonError if the settings lack what a detached process needs."""
    if not settings.pidfile:
        raise DaemonError("daemon needs pidfile configured: set pidfile=")
    if not settings.logfile and not settings.syslog:
        raise DaemonError(
            "daemon needs a log configured, for it has no stderr: set logfile= or "
            "syslog=1"
        )


def detach() -> None:
    """Go on in the background: fork twice, so that no terminal is ever ours again."""
    if os.fork():
        os._exit(0)
    os.setsid()
    # Only the leader of a session can get a terminal: the child of one is none.
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
