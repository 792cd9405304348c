"""Apply the sabotages one by one, two at a time, and demand that each is noticed.

python -m tests.sabotage.run [patch …]     (all of tests/sabotage without arguments)
"""

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from .patch import MalformedPatchError, read_patch
from .trial import Verdict, try_patch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_AT_A_TIME = 2


def main(arguments: Sequence[str]) -> int:
    """Print one line for each patch; return 1 if any went unnoticed."""
    paths = [Path(name) for name in arguments] or sorted(HERE.glob("*.patch"))
    try:
        patches = [read_patch(path) for path in paths]
    except (MalformedPatchError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    unnoticed = 0
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for verdict in pool.map(partial(try_patch, root=ROOT), patches):
            unnoticed += verdict.problem is not None
            print(line_of(verdict), flush=True)
    print(f"{len(patches) - unnoticed} noticed, {unnoticed} unnoticed")
    return 1 if unnoticed or not patches else 0


def line_of(verdict: Verdict) -> str:
    """Return what a person wants to know of one trial."""
    patch = verdict.patch
    if verdict.problem is None:
        return f"noticed    {patch.path.name}: {patch.why}"
    return f"UNNOTICED  {patch.path.name}: {verdict.problem}\n  by {patch.test}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
