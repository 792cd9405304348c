"""The long drill: RELOAD, PAUSE and RESUME under load, a thousand times.

python -m tests.operation [ROUNDS] [--postgres BINDIR | embedded]

It ends with status 1 if a client had an error or something has piled up.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from pgpool_py.embedded import EmbeddedPostgres
from tests.differential.stage import EMBEDDED, binaries
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooler_files import DATABASE, POOLED, USER, PoolerFiles
from tests.fixtures.pooling import PoolerProcess, free_port

from .drill import SETTINGS, drill


def main(arguments: Sequence[str]) -> int:
    """Run it; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.operation", description=__doc__
    )
    parser.add_argument("rounds", type=int, nargs="?", default=1000, metavar="ROUNDS")
    parser.add_argument(
        "--postgres", metavar="BINDIR", help=f"server programs, or {EMBEDDED!r}"
    )
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(
            EmbeddedPostgres(bindir=binaries(given.postgres))
        )
        postgres.createdb(POOLED)
        nursery = stack.enter_context(contextlib.closing(Nursery()))
        files = PoolerFiles(
            directory,
            free_port(),
            f"host={postgres.host} port={postgres.port}",
            dict(SETTINGS),
            {DATABASE: f"dbname={POOLED}"},
            {},
            {USER: ""},
        )
        pooler = PoolerProcess(nursery, postgres, files)
        stack.callback(pooler.close)
        outcome = drill(pooler, lambda rounds: rounds >= given.rounds)
    print(f"{outcome} in {time.monotonic() - began:.0f} s")
    for fault in outcome.faults:
        print(fault)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
