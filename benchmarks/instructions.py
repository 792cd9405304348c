"""Instructions that one exchange costs: `python -m benchmarks.instructions [REV]`.

Seconds of a machine that others use differ by more than a change to the hot path
makes; instructions do not. valgrind's callgrind counts those of the whole process for
a fixed script of exchanges, one after the other by one client, and for a longer one:
the difference, divided, is what one exchange costs. With a revision, that is measured
too, and the ratio told.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from . import postgres, wire
from .endpoint import Endpoint
from .targets import PoolerConfig, Program, running

FEW, MANY = 500, 2500
# valgrind's own figure for callgrind is about 50.
SLOWNESS = 10.0
HERE = Path(__file__).parent.parent

_PARSE = b"SELECT 1\0\0\0"
# No portal name; statement, no formats, no parameters, no formats of the results.
_RUN = wire.message(b"E", b"\0\0\0\0\0") + wire.message(b"S", b"")
SCRIPTS: Mapping[str, tuple[bytes, bytes]] = MappingProxyType(
    {
        # What goes before, and what is repeated.
        "simple": (b"", wire.query("SELECT 1")),
        "extended": (
            b"",
            wire.message(b"P", b"\0" + _PARSE)
            + wire.message(b"B", b"\0\0" + bytes(6))
            + wire.message(b"D", b"P\0")
            + _RUN,
        ),
        "prepared": (
            wire.message(b"P", b"s\0" + _PARSE) + wire.message(b"S", b""),
            wire.message(b"B", b"\0s\0" + bytes(6)) + _RUN,
        ),
    }
)


def main() -> int:
    """Print a line for each script."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions")
    parser.add_argument("base", nargs="?", metavar="REV", help="compare with this")
    base = parser.parse_args().base
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres.running()).trust
        before = None if base is None else stack.enter_context(_checkout(base))
        for name in SCRIPTS:
            now = per_exchange(HERE, server, name)
            line = f"{name}: {now:,.0f} instructions"
            if before is not None:
                then = per_exchange(before, server, name)
                line += f", {base}: {then:,.0f}, ratio {now / then:.3f}"
            print(line, flush=True)
    return 0


def per_exchange(tree: Path, server: Endpoint, script: str) -> float:
    """Return the instructions of one exchange by the pooler of a source tree."""
    few, many = (_count(tree, server, script, times) for times in (FEW, MANY))
    return (many - few) / (MANY - FEW)


def _count(tree: Path, server: Endpoint, script: str, times: int) -> int:
    """Return the instructions of a pooler's whole life, with so many exchanges."""
    first, repeated = SCRIPTS[script]
    with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as directory:
        out = Path(directory) / "callgrind.out"
        path = f"PYTHONPATH={tree}:{tree / 'protocol'}"
        argv = (
            *("env", path, "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1"),
            *("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"),
            *(sys.executable, "-m", "pgpool_py", "--allow-root"),
        )
        program = Program("instructions", argv, "", None, SLOWNESS)
        with running(program, PoolerConfig(), server) as target:
            _play(target.endpoint, first, repeated, times)
        return _total(out.read_text())


def _play(endpoint: Endpoint, first: bytes, repeated: bytes, times: int) -> None:
    buffer = bytearray(wire.READ_SIZE)
    with wire.login(endpoint) as connection:
        if first:
            connection.sendall(first)
            wire.read_until_ready(connection, buffer)
        for _ in range(times):
            connection.sendall(repeated)
            wire.read_until_ready(connection, buffer)


def _total(profile: str) -> int:
    """Return the sum that callgrind writes at the end."""
    for line in profile.splitlines():
        if line.startswith(("totals:", "summary:")):
            return int(line.split()[1])
    raise ValueError("the profile has no sum: was the pooler ended too early?")


@contextlib.contextmanager
def _checkout(revision: str) -> Iterator[Path]:
    """Give a tree of this revision, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as directory:
        archive = subprocess.run(
            ["git", "archive", revision], cwd=HERE, check=True, capture_output=True
        ).stdout
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)
        yield Path(directory)


if __name__ == "__main__":
    sys.exit(main())
