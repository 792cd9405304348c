"""Who looks at a pooler while it is measured: Prometheus, and the dashboard."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from .errors import TargetError
from .measures import Bench, Measure
from .sample import Sample
from .targets import Target

#: What is asked for once a second: by a scrape, and by a page that is open.
PATHS = ("/metrics", "/api/snapshot")
INTERVAL = 1.0
TIMEOUT = 5.0


class Watcher(threading.Thread):
    """Asks from its start until it is told to stop.

    Attributes:
        looks: how often all was answered.
        failure: what was answered instead, empty for nothing.
    """

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._told = threading.Event()
        self.looks = 0
        self.failure = ""

    def run(self) -> None:
        """Ask once a second; the first failure ends it."""
        while not self._told.wait(INTERVAL):
            try:
                for path in PATHS:
                    get(self._port, path)
            except (OSError, http.client.HTTPException, TargetError) as error:
                self.failure = str(error) or type(error).__name__
                return
            self.looks += 1

    def stop(self) -> None:
        """Let it end; what it does is done first."""
        self._told.set()
        self.join()


def get(port: int, path: str) -> bytes:
    """Return what stands there; TargetError for another answer than 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        reply = connection.getresponse()
        body = reply.read()
    finally:
        connection.close()
    if reply.status != HTTPStatus.OK:
        raise TargetError(f"{path} is answered with {reply.status}")
    return body


@contextmanager
def looked_at(target: Target) -> Iterator[None]:
    """Have a target looked at over the block, if it answers by HTTP.

    Raises TargetError if it did not answer, or nobody came to ask.
    """
    if target.http is None:
        yield
        return
    watcher = Watcher(target.http)
    watcher.start()
    try:
        yield
    finally:
        watcher.stop()
    if watcher.failure or not watcher.looks:
        raise TargetError(watcher.failure or "it was not looked at: runs are too short")


def watched(measure: Measure) -> Measure:
    """Measure in the same way, looked at meanwhile."""

    def measure_watched(bench: Bench, target: Target) -> Sample:
        with looked_at(target):
            return measure(bench, target)

    return measure_watched
