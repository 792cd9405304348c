"""Instructions that one exchange, or one login, costs.

    python -m benchmarks.instructions [REV] [--only SCRIPT] [--beside NAME=VALUE]

Seconds of a machine that others use differ by more than a change to the hot path
makes; instructions do not. valgrind's callgrind counts those of the pooler's process
while one client goes through a fixed script, one exchange after the other; or while one
client after the other logs in and goes. With a revision, or with a setting, that is
measured too, and the ratio told.
"""

import argparse
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

from . import postgres, wire
from .endpoint import Endpoint
from .logins import keys_of, log_in_and_go
from .targets import PoolerConfig, Program, Target, running

WARMING, TIMES = 200, 1000
# valgrind's own figure for callgrind is about 50.
SLOWNESS = 10.0
HERE = Path(__file__).parent.parent

_PARSE = b"SELECT 1\0\0\0"
# What pgbench -S sends.
_READ = "SELECT abalance FROM pgbench_accounts WHERE aid = 12345;"
# No portal name; statement, no formats, no parameters, no formats of the results.
_RUN = wire.message(b"E", b"\0\0\0\0\0") + wire.message(b"S", b"")
# Plays a script so many times.
Play = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Script:
    """What is played at a pooler of this ``auth_type``, begun at its endpoint."""

    opened: Callable[[Endpoint], AbstractContextManager[Play]]
    auth_type: str = "trust"


@contextlib.contextmanager
def _conversation(first: bytes, repeated: bytes, endpoint: Endpoint) -> Iterator[Play]:
    """Log in and send what goes before; then one exchange, over and over."""
    buffer = bytearray(wire.READ_SIZE)
    with wire.login(endpoint) as connection:

        def play(exchange: bytes, times: int) -> None:
            for _ in range(times):
                connection.sendall(exchange)
                wire.read_until_ready(connection, buffer)

        play(first, min(1, len(first)))
        yield partial(play, repeated)


@contextlib.contextmanager
def _logins(endpoint: Endpoint) -> Iterator[Play]:
    """Log in, ask once and go, over and over."""
    keys = keys_of(endpoint)

    def play(times: int) -> None:
        for _ in range(times):
            log_in_and_go(endpoint, keys, wire.query("SELECT 1"))

    yield play


SCRIPTS: Mapping[str, Script] = MappingProxyType(
    {
        "simple": Script(partial(_conversation, b"", wire.query("SELECT 1"))),
        "read": Script(partial(_conversation, b"", wire.query(_READ))),
        "extended": Script(
            partial(
                _conversation,
                b"",
                wire.message(b"P", b"\0" + _PARSE)
                + wire.message(b"B", b"\0\0" + bytes(6))
                + wire.message(b"D", b"P\0")
                + _RUN,
            )
        ),
        "prepared": Script(
            partial(
                _conversation,
                wire.message(b"P", b"s\0" + _PARSE) + wire.message(b"S", b""),
                wire.message(b"B", b"\0s\0" + bytes(6)) + _RUN,
            )
        ),
        "login": Script(_logins),
        "login_scram": Script(_logins, auth_type="scram-sha-256"),
    }
)


def main() -> int:
    """Print a line for each script."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions")
    parser.add_argument("base", nargs="?", metavar="REV", help="compare with this")
    parser.add_argument("--only", choices=SCRIPTS, help="play this alone")
    parser.add_argument("--beside", metavar="NAME=VALUE", help="compare with this set")
    arguments = parser.parse_args()
    base, only = arguments.base, arguments.only
    setting = dict([arguments.beside.split("=", 1)]) if arguments.beside else {}
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(postgres.running()).trust
        before = None if base is None else stack.enter_context(_checkout(base))
        for name in [only] if only else SCRIPTS:
            now = per_turn(HERE, server, name)
            line = f"{name}: {now:,.0f} instructions"
            if before is not None:
                then = per_turn(before, server, name)
                line += f", {base}: {then:,.0f}, ratio {now / then:.3f}"
            if setting:
                other = per_turn(HERE, server, name, setting)
                line += f", {arguments.beside}: {other:,.0f}, ratio {now / other:.3f}"
            print(line, flush=True)
    return 0


def per_turn(
    tree: Path,
    server: Endpoint,
    name: str,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> float:
    """Return what one turn of a script costs the pooler of a source tree."""
    script = SCRIPTS[name]
    with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as directory:
        out = Path(directory) / "callgrind.out"
        path = f"PYTHONPATH={tree}:{tree / 'protocol'}"
        argv = (
            *("env", path, "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1"),
            *("valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"),
            f"--callgrind-out-file={out}",
            *(sys.executable, "-m", "pgpool_py", "--allow-root"),
        )
        program = Program("instructions", argv, "", None, SLOWNESS, settings)
        config = PoolerConfig(auth_type=script.auth_type)
        with (
            running(program, config, server) as target,
            script.opened(target.endpoint) as play,
        ):
            play(WARMING)
            _count(target, "on")
            play(TIMES)
            _count(target, "off")
        return _total(out.read_text()) / TIMES


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
