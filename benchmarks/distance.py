"""A PostgreSQL that is far away."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from . import account, targets
from .endpoint import Endpoint


@contextlib.contextmanager
def far(server: Endpoint, round_trip: float) -> Iterator[Endpoint]:
    """Yield where `server` is reached with a round trip of so many seconds more.

    What stands between is a process, so that what it costs is nobody's who is measured.
    Raises TargetError when it does not pass a login on.
    """
    endpoint = replace(server, host="127.0.0.1", port=targets.free_port())
    words = (server.host, server.port, endpoint.port, round_trip / 2)
    argv = [sys.executable, "-m", "benchmarks.relay", *map(str, words)]
    with tempfile.TemporaryDirectory(prefix="pgpool-bench-") as name:
        log = Path(name) / "log"
        with log.open("wb") as output:
            process = account.start(argv, None, Path(__file__).parents[1], output)
        try:
            targets.await_login(process, endpoint, log, targets.START_LIMIT)
            yield endpoint
        finally:
            targets.end(process, targets.STOP_LIMIT)
