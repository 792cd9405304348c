"""The pooler's ears: TCP and unix sockets, and what if descriptors run out."""

import logging
import resource
import socket
from collections.abc import Callable

from pgpool_py.net.listener import Listener, listen_tcp, listen_unix
from pgpool_py.net.reactor import Reactor
from pgpool_py.settings import Settings

_log = logging.getLogger(__name__)


class Listening:
    """All listeners of one pooler."""

    def __init__(
        self, reactor: Reactor, on_accept: Callable[[socket.socket], None]
    ) -> None:
        self._reactor = reactor
        self._on_accept = on_accept
        self._tcp: list[Listener] = []
        self._unix: list[Listener] = []
        self._exhausted = False

    @property
    def addresses(self) -> list[str]:
        """Give what is listened on, as text."""
        return [listener.address for listener in (*self._tcp, *self._unix)]

    def open(self, settings: Settings) -> None:
        """Listen where the settings say.

        Raises:
            OSError: an address cannot be listened on; nothing is listened on then.
        """
        try:
            for address in settings.listen_addr:
                for sock in listen_tcp(
                    address,
                    settings.listen_port,
                    settings.listen_backlog,
                    reuse_port=settings.so_reuseport,
                ):
                    self._tcp.append(self._listener(sock))
            if settings.unix_socket_dir:
                sock = listen_unix(
                    settings.unix_socket_dir,
                    settings.listen_port,
                    settings.unix_socket_mode,
                    settings.listen_backlog,
                )
                self._unix.append(self._listener(sock))
        except OSError:
            self.close()
            raise

    def _listener(self, listening: socket.socket) -> Listener:
        listener = Listener(
            self._reactor, listening, self._on_accept, self._on_exhausted
        )
        _log.info("listening on %s", listener.address)
        return listener

    def _on_exhausted(self, error: OSError) -> None:
        if self._exhausted:
            return
        self._exhausted = True
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        _log.error(
            "cannot accept more clients: %s; the limit is %d descriptors: raise "
            "it (ulimit -n, LimitNOFILE) or lower max_client_conn",
            error.strerror,
            soft,
        )

    def resume(self) -> None:
        """Accept again, where descriptors had run out; called from time to time."""
        deaf = [x for x in (*self._tcp, *self._unix) if not x.accepting]
        if not deaf:
            # All went well since the last time: the next exhaustion is news.
            self._exhausted = False
        for listener in deaf:
            listener.resume()

    def close_tcp(self) -> None:
        """Listen on unix sockets alone."""
        for listener in self._tcp:
            listener.close()
        self._tcp.clear()

    def close(self) -> None:
        """Listen no more."""
        self.close_tcp()
        for listener in self._unix:
            listener.close()
        self._unix.clear()
