"""Leaving the terminal."""

import contextlib
import os
from typing import Final

from pgpool_py.settings import Settings

_STDERR: Final = 2
# No text has this byte, for the log escapes what does not print.
_SERVING: Final = b"\0"
_PIECE: Final = 4096


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
    """Go on in the background: fork twice, so that no terminal is ever ours again.

    Who started us waits until :func:`tell_serving` is called, and ends with status 0,
    or with 1 once this process has ended before. Until then stderr is a pipe to there.
    """
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        os._exit(_follow(reading))
    os.close(reading)
    os.setsid()
    # Only the leader of a session can get a terminal: the child of one is none.
    if os.fork():
        os._exit(0)
    # First of all, for one of the three may have been closed, and be one of ours now.
    if writing != _STDERR:
        os.dup2(writing, _STDERR)
        os.close(writing)
    _silence(0, 1)


def tell_serving() -> None:
    """Let go of who started us: from now on there is no stderr."""
    # Who started us may be gone. To serve goes on without.
    with contextlib.suppress(OSError):
        os.write(_STDERR, _SERVING)
    _silence(_STDERR)


def _silence(*descriptors: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(null, descriptor)
    if null not in descriptors:
        os.close(null)


def _follow(reading: int) -> int:
    """Pass on what the detached process says until it serves; give the exit status.

    There is no deadline: that process has one for all it does, and its end is seen.
    """
    told = False
    while piece := os.read(reading, _PIECE):
        words, serving, _ = piece.partition(_SERVING)
        _say(words)
        if serving:
            return 0
        told = True
    if not told:
        _say(b"the detached process has ended before it served: see its log\n")
    return 1


def _say(words: bytes) -> None:
    with contextlib.suppress(OSError):
        os.write(_STDERR, words)
