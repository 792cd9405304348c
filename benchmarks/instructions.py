"""Instructions that one exchange costs: `python -m benchmarks.instructions [REV]`.

Seconds of a machine that others use differ by more than a change to the hot path
makes; instructions do not. valgrind's callgrind counts those of the pooler's process
while one client goes through a fixed script, one exchange after the other. With a
revision, that is measured too, and the ratio told.
"""

import argparse
import contextlib
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from . import postgres, wire
from .endpoint import Endpoint
from .targets import PoolerConfig, Program, Target, running

WARMING, TIMES = 200, 1000
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
    first, repeated = SCRIPTS[script]
    with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as directory:
        out = Path(directory) / "callgrind.out"
        path = f"PYTHONPATH={tree}:{tree / 'protocol'}"
        argv = (
            *("env", path, "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1"),
            *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"),
            f"--callgrind-out-file={out}",
            *(sys.executable, "-m", "pgpool_py", "--allow-root"),
        )
        program = Program("instructions", argv, "", None, SLOWNESS)
        with (
            running(program, PoolerConfig(), server) as target,
            wire.login(target.endpoint) as connection,
        ):
            _play(connection, first, min(1, len(first)))
            _play(connection, repeated, WARMING)
            _count(target, "on")
            _play(connection, repeated, TIMES)
            _count(target, "off")
        return _total(out.read_text()) / TIMES


def _play(connection: socket.socket, exchange: bytes, times: int) -> None:
    buffer = bytearray(wire.READ_SIZE)
    for _ in range(times):
        connection.sendall(exchange)
        wire.read_until_ready(connection, buffer)


def _count(target: Target, switch: str) -> None:
    """Switch the counting on or off."""
    subprocess.run(
        ["callgrind_control", "-i", switch, str(target.pid)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _total(profile: str) -> int:
    """Return the sum that callgrind writes at the end."""
    for line in profile.splitlines():
        if line.startswith("totals:"):
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
