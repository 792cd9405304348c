"""Run pgbench and read what it prints and logs."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .endpoint import Endpoint
from .errors import PgbenchError
from .figures import percentile

SAMPLING_RATE = 0.2
GRACE = 60.0

_TRANSACTIONS = re.compile(
    r"^number of transactions actually processed: (\d+)", re.MULTILINE
)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """What to run: built-in script, protocol, clients, new connections or not.

    `sampling_rate` is the share of the transactions that are timed.
    """

    clients: int
    builtin: str = "select-only"
    protocol: str = "simple"
    reconnect: bool = False
    sampling_rate: float = SAMPLING_RATE

    def arguments(self) -> list[str]:
        """Return the options of pgbench that say this."""
        threads = 1 if self.clients < 8 else 2
        options = [
            f"--builtin={self.builtin}",
            f"--protocol={self.protocol}",
            f"--client={self.clients}",
            f"--jobs={threads}",
            f"--sampling-rate={self.sampling_rate}",
            "--log",
            "--no-vacuum",
        ]
        return [*options, "--connect"] if self.reconnect else options


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of pgbench says; latencies in milliseconds."""

    transactions: int
    tps: float
    latency: float


def parse_output(text: str) -> Outcome:
    """Read the summary that pgbench 14 and later print; PgbenchError if it is none.

    A run with failed transactions is refused: its figures would be of errors.
    """
    transactions, tps = _TRANSACTIONS.search(text), _TPS.search(text)
    latency, failed = _LATENCY.search(text), _FAILED.search(text)
    if transactions is None or tps is None or latency is None:
        raise PgbenchError(f"pgbench printed no summary but {text[-300:]!r}")
    if failed is not None and int(failed[1]):
        raise PgbenchError(f"{failed[1]} transactions failed")
    return Outcome(int(transactions[1]), float(tps[1]), float(latency[1]))


def parse_log(lines: Iterable[str]) -> list[float]:
    """Return the latencies in ms of a transaction log (third field, in µs there)."""
    latencies: list[float] = []
    for line in lines:
        fields = line.split()
        if len(fields) >= 3 and fields[2].isdigit():
            latencies.append(int(fields[2]) / 1000)
    return latencies


def environment(endpoint: Endpoint) -> dict[str, str]:
    """Return our environment without libpq's variables but these.

    GSSAPI is off, and TLS where it is not measured, or each new connection would
    first ask for both.
    """
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("PG")
    }
    ours = {
        "PGHOST": endpoint.host,
        "PGPORT": str(endpoint.port),
        "PGUSER": endpoint.user,
        "PGPASSWORD": endpoint.password,
        "PGDATABASE": endpoint.database,
        "PGSSLMODE": endpoint.sslmode,
        "PGGSSENCMODE": "disable",
        "PGAPPNAME": "benchmark",
    }
    return kept | ours


def find(bindir: Path) -> Path:
    """Return the pgbench of `bindir`, else the one on PATH.

    Raises PgbenchError when there is none.
    """
    if (bindir / "pgbench").exists():
        return bindir / "pgbench"
    found = shutil.which("pgbench")
    if found is None:
        raise PgbenchError(
            f"no pgbench in {bindir} nor on PATH; install PostgreSQL's client programs"
        )
    return Path(found)


@dataclass(frozen=True, slots=True)
class Pgbench:
    """One pgbench program, and how many seconds it runs."""

    program: Path
    seconds: float

    def initialise(self, endpoint: Endpoint, scale: int) -> None:
        """Create and fill pgbench's tables at `scale` (100 000 accounts each)."""
        self._call(endpoint, ["--initialize", "--quiet", f"--scale={scale}"], 300.0)

    def run(self, endpoint: Endpoint, script: Script) -> tuple[Outcome, list[float]]:
        """Run `script`; return the summary and the latencies it samples, in ms."""
        seconds = max(1, round(self.seconds))
        with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as directory:
            arguments = [
                *script.arguments(),
                f"--time={seconds}",
                f"--log-prefix={directory}/log",
            ]
            outcome = parse_output(self._call(endpoint, arguments, seconds + GRACE))
            latencies: list[float] = []
            for log in Path(directory).iterdir():
                with log.open() as lines:
                    latencies += parse_log(lines)
        return outcome, latencies

    def _call(self, endpoint: Endpoint, arguments: list[str], limit: float) -> str:
        try:
            done = subprocess.run(
                [str(self.program), *arguments],
                check=False,
                env=environment(endpoint),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=limit,
            )
        except subprocess.TimeoutExpired as error:
            raise PgbenchError(f"pgbench not done after {limit:.0f} s") from error
        if done.returncode:
            raise PgbenchError(first_error(done.stderr, done.returncode))
        return done.stdout


def first_error(stderr: str, status: int) -> str:
    """Return the first line of pgbench's complaints that names an error."""
    lines = [line for line in stderr.splitlines() if "error" in line.lower()]
    said = lines[0] if lines else stderr.strip()[-200:]
    return f"pgbench ended with status {status}: {said}"


def quantiles(latencies: list[float]) -> tuple[float, float]:
    """Return median and 99th percentile of latencies in ms."""
    return percentile(latencies, 0.5), percentile(latencies, 0.99)
