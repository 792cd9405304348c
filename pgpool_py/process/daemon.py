"""Leaving the terminal."""

import os


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
