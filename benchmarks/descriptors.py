"""How many clients there may be: each costs a file descriptor, here and there."""

import resource
import sys

from .case import Case

#: What a process opens beside its clients.
SPARE = 500


def raise_limit() -> int:
    """Allow this process, and the poolers it starts, as many files as it may.

    Returns how many that are.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return sys.maxsize if hard == resource.RLIM_INFINITY else hard


def too_many(case: Case, limit: int) -> str | None:
    """Say why a case is left out, None if its clients are not too many."""
    needed = case.clients + SPARE
    if needed <= limit:
        return None
    return f"{case.name} is left out: it needs {needed} descriptors of {limit}"
