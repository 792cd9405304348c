"""The HTTP door of a pooler: where it listens, from its start to its end."""

import errno
import logging
import sys
import time
from typing import Final

from pgpool_py.metrics.installed import INSTALL, find_exposition
from pgpool_py.net.listening import listen_tcp
from pgpool_py.settings import Endpoint

from .pages import Observer, Pages
from .question import Asker, Loop
from .server import Server

_log = logging.getLogger(__name__)

# Connections that wait to be accepted. A probe that finds no room tries again after a
# second only, as TCP does.
BACKLOG: Final = 128
# Seconds between two attempts to get a port that is in use.
PAUSE: Final = 1.0
# Seconds after which a thread that renders lets the loop go on, which lets others in at
# each system call: with Python's 5 ms, each scrape would hold up clients for so long.
SWITCH_INTERVAL: Final = 0.0005


class HttpDoor:
    """See the module's text; used in the loop's thread.

    ``where`` is None for no door at all. Where it ``shares`` the pooler's port with
    other processes, one that it replaces may still have this one: it is listened on as
    soon as that leaves it.
    """

    def __init__(
        self,
        where: Endpoint | None,
        loop: Loop,
        observer: Observer,
        *,
        token: str,
        shares: bool,
    ) -> None:
        self._where = where
        self._shares = shares
        exposition = None if where is None else find_exposition()
        host = "*" if where is None else where.host
        self._pages = Pages(Asker(loop), observer, exposition, token, host)
        self._lacks_metrics = exposition is None
        self._server: Server | None = None
        # When to try again, by the monotonic clock.
        self._again: float | None = None
        self._told = ""
        self._usual_interval = sys.getswitchinterval()

    def open(self) -> None:
        """Listen, or wait for that.

        Raises:
            OSError: that is not possible.
        """
        where = self._where
        if where is None:
            return
        try:
            server = self._serve(where)
        except OSError as error:
            if not self._shares or error.errno != errno.EADDRINUSE:
                raise
            if self._again is None:
                _log.info("http_listen: %s is in use, waiting for it", where)
            self._again = time.monotonic() + PAUSE
            return
        self._again = None
        self._server = server
        sys.setswitchinterval(SWITCH_INTERVAL)
        _log.info("listening for HTTP on %s", where)
        if self._lacks_metrics:
            _log.warning(
                "http_listen: there are no metrics without prometheus-client: %s",
                INSTALL,
            )

    def _serve(self, where: Endpoint) -> Server:
        listening = listen_tcp(where.host, where.port, BACKLOG)
        try:
            server = Server(listening, self._pages.respond)
            server.start()
        except OSError:
            for sock in listening:
                sock.close()
            raise
        return server

    def tick(self) -> None:
        """Try again what could not be had; called from time to time."""
        if self._again is None or time.monotonic() < self._again:
            return
        try:
            self.open()
        except OSError as error:
            self._again = time.monotonic() + PAUSE
            # Each second the same would be said.
            if str(error) != self._told:
                self._told = str(error)
                _log.error("http_listen: %s; trying again", error)

    def admit_by(self, token: str) -> None:
        """Demand another token from now on, empty for none."""
        self._pages.token = token

    def leave(self) -> None:
        """Leave the port to a process that may be there to follow."""
        if self._shares:
            self.close()

    def close(self) -> None:
        """Listen no more."""
        self._again = None
        server, self._server = self._server, None
        if server is not None:
            server.stop()
            sys.setswitchinterval(self._usual_interval)
