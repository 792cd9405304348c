"""Run all fuzz targets in turn for so long, each time with another seed.

python -m tests.fuzz SECONDS [--seed N]     (exit status 1: something was found)
"""

import argparse
import secrets
import sys
import time
import traceback
from collections.abc import Sequence

from . import test_ledger, test_logins, test_requests, test_startup
from .material import FuzzTarget
from .running import run_once

TARGETS: dict[str, FuzzTarget] = {
    "startup packets": test_startup.target,
    "client login": test_logins.client_target,
    "server login": test_logins.server_target,
    "SCRAM": test_logins.conversation_target,
    "served clients": test_requests.served_target,
    "unserved clients": test_requests.unserved_target,
    "ledger": test_ledger.target,
    "ledger, long": test_ledger.deep_target,
    "ledger, ours alone": test_ledger.skipping_target,
    "ledger, by turns": test_ledger.mixed_target,
}
_TURNS = 50


def main(arguments: Sequence[str]) -> int:
    """Print a line for each target, and what was found in full."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    given = parser.parse_args(arguments)
    print(f"seed {given.seed}", flush=True)
    runs = dict.fromkeys(TARGETS, 0)
    failed: set[str] = set()
    end = time.monotonic() + given.seconds
    while time.monotonic() < end and len(failed) < len(TARGETS):
        for name in TARGETS.keys() - failed:
            if not _take_turn(name, given.seed, runs):
                failed.add(name)
    for name, count in runs.items():
        print(f"{count:9} {name}{': FOUND SOMETHING' if name in failed else ''}")
    return 1 if failed else 0


def _take_turn(name: str, seed: int, runs: dict[str, int]) -> bool:
    """Run a target some times; say whether nothing was found."""
    for _ in range(_TURNS):
        runs[name] += 1
        try:
            run_once(TARGETS[name], f"{seed}/{runs[name] - 1}")
        except Exception:
            # Whatever it is, it is the finding; the other targets go on.
            print(f"\n{name}:", flush=True)
            traceback.print_exc()
            return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
