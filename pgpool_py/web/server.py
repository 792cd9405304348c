"""Accepting HTTP connections: one thread that accepts, one for each connection.

There are at most :data:`MOST_CONNECTIONS`. One more ends the one that is there longest:
a probe is done in milliseconds, so that is somebody who says nothing or takes nothing,
and who does so to all of them keeps no probe waiting.
"""

import contextlib
import errno
import logging
import select
import socket
import threading
from collections.abc import Sequence
from typing import Final

from .request import Request, Responder

_log = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 16
# Seconds to wait before accepting again where the system has no more descriptors.
PAUSE: Final = 0.1
# Seconds to wait for a place before somebody has to leave one: many that come at once
# are answered, one after another.
GRACE: Final = 0.02


class Server:
    """See the module's text; takes the listening sockets over, and closes them."""

    def __init__(self, listening: Sequence[socket.socket], respond: Responder) -> None:
        self._listening = listening
        self._respond = respond
        # The one accepted first in front; changed under the lock.
        self._connections: dict[socket.socket, None] = {}
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._stopping = threading.Event()
        self._ours, self._theirs = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def start(self) -> None:
        """Accept from now on.

        Raises:
            OSError: there can be no thread for that; nothing listens any more.
        """
        try:
            self._thread.start()
        except RuntimeError as error:
            self._ours.close()
            self._close()
            raise OSError(errno.EAGAIN, str(error)) from None

    def stop(self) -> None:
        """Accept no more; return when nothing listens. Who is answered, goes on."""
        self._stopping.set()
        self._ours.close()
        self._thread.join()

    def _run(self) -> None:
        poll = select.poll()
        for sock in (self._theirs, *self._listening):
            poll.register(sock, select.POLLIN)
        by_descriptor = {sock.fileno(): sock for sock in self._listening}
        try:
            while True:
                for descriptor, _ in poll.poll():
                    if descriptor not in by_descriptor:
                        return
                    while self._accept(by_descriptor[descriptor]):
                        pass
        finally:
            self._close()

    def _close(self) -> None:
        for sock in (self._theirs, *self._listening):
            sock.close()

    def _accept(self, listening: socket.socket) -> bool:
        """Accept one that is pending; give whether there may be another one."""
        if self._stopping.is_set():
            return False
        try:
            connection, client = listening.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            _log.warning("http_listen: cannot accept: %s", error.strerror)
            select.select([self._theirs], [], [], PAUSE)
            return False
        if not self._take_place():
            connection.close()
            return False
        with self._lock:
            self._connections[connection] = None
        serve = threading.Thread(
            target=self._serve, args=(connection, client), name="http", daemon=True
        )
        try:
            serve.start()
        except RuntimeError as error:
            _log.warning("http_listen: %s", error)
            self._leave(connection)
        return True

    def _take_place(self) -> bool:
        """Make room for one more; False if nobody is to be served any more."""
        if self._places.acquire(timeout=GRACE):
            return True
        self._end_oldest()
        while not self._places.acquire(timeout=PAUSE):
            if self._stopping.is_set():
                return False
            self._end_oldest()
        return True

    def _end_oldest(self) -> None:
        with self._lock:
            oldest = next(iter(self._connections), None)
            if oldest is not None:
                # Its thread reads an end, and closes it.
                with contextlib.suppress(OSError):
                    oldest.shutdown(socket.SHUT_RDWR)

    def _serve(self, connection: socket.socket, client: object) -> None:
        try:
            Request(connection, client, self._respond)
        finally:
            self._leave(connection)

    def _leave(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.pop(connection, None)
            connection.close()
        self._places.release()
