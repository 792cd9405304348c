"""Running a target many times, each time with a seed that is told if it fails."""

import random

from .material import FuzzTarget

#: Of the suite's runs; longer ones take others.
SEED = 2026


def run_once(target: FuzzTarget, seed: str) -> None:
    """Run a target; whatever it raises is raised with the seed that repeats it."""
    try:
        target(random.Random(seed))
    except Exception as error:
        error.add_note(f"repeat with run_once(target, {seed!r})")
        raise


def run_many(target: FuzzTarget, times: int) -> None:
    """Run a target with so many seeds, always the same."""
    for number in range(times):
        run_once(target, f"{SEED}/{number}")
