"""Leaving the terminal."""

import os


def detach() -> None:
    """Go on in the background: fork twice, so that no terminal is ever ours again."""
    for _ in range(2):
        if os.fork():
            os._exit(0)
        os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
