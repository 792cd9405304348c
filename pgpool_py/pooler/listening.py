"""The pooler's ears: TCP and unix sockets, and what if descriptors run out."""

import logging
import resource
import socket
from collections.abc import Sequence
from typing import Final

from pgpool_py.net.address import own_address
from pgpool_py.net.listener import Listener, OnAccept
from pgpool_py.net.listening import ABSENT, listen_tcp, listen_unix
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.socket_options import defer_accept, hand_down
from pgpool_py.settings import FALLBACK_SOCKET_DIR, Settings

_log = logging.getLogger(__name__)


# Seconds between two lines that say so.
EXHAUSTION_QUIET: Final = 10.0


class Listening:
    """All listeners of one pooler."""

    def __init__(self, reactor: Reactor, on_accept: OnAccept) -> None:
        self._reactor = reactor
        self._on_accept = on_accept
        self._tcp: list[Listener] = []
        self._unix: list[Listener] = []
        self._exhausted = False
        self._exhaustion_told = float("-inf")

    @property
    def addresses(self) -> list[str]:
        """Give what is listened on, as text."""
        return [listener.address for listener in (*self._tcp, *self._unix)]

    def open(self, settings: Settings, inherited: Sequence[socket.socket] = ()) -> None:
        """Listen where the settings say, or on what the service manager passed.

        Raises:
            OSError: an address cannot be listened on; nothing is listened on then. Of
                several for TCP, those that this machine lacks are only warned of.
            LookupError: there is no such ``unix_socket_group``; likewise.
        """
        try:
            if inherited:
                self._take(settings, inherited)
            else:
                self._open_tcp(settings)
                self._open_unix(settings)
            self.tune(settings)
        except (OSError, LookupError):
            self.close()
            raise

    def _take(self, settings: Settings, inherited: Sequence[socket.socket]) -> None:
        ignored = "sockets passed from service manager, %s ignored"
        if settings.listen_addr:
            _log.warning(ignored, "listen_addr")
        if settings.unix_socket_dir not in {"", FALLBACK_SOCKET_DIR}:
            _log.warning(ignored, "unix_socket_dir")
        for sock in inherited:
            listeners = self._unix if sock.family == socket.AF_UNIX else self._tcp
            listeners.append(self._listener(sock, inherited=True))

    def _open_tcp(self, settings: Settings) -> None:
        absent: OSError | None = None
        for address in settings.listen_addr:
            try:
                listening = listen_tcp(
                    address,
                    settings.listen_port,
                    settings.listen_backlog,
                    reuse_port=settings.so_reuseport,
                    own={own_address(listener.socket) for listener in self._tcp},
                )
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                absent = error
                _log.warning("cannot listen on %s: %s", error.filename, error.strerror)
                continue
            self._tcp += [self._listener(sock) for sock in listening]
        if absent is not None and not self._tcp:
            raise absent

    def _open_unix(self, settings: Settings) -> None:
        if settings.unix_socket_dir:
            sock = listen_unix(
                settings.unix_socket_dir,
                settings.listen_port,
                settings.unix_socket_mode,
                settings.listen_backlog,
                settings.unix_socket_group,
            )
            self._unix.append(self._listener(sock))

    def _listener(
        self, listening: socket.socket, *, inherited: bool = False
    ) -> Listener:
        listener = Listener(
            self._reactor,
            listening,
            self._on_accept,
            self._on_exhausted,
            inherited=inherited,
        )
        _log.info("listening on %s", listener.address)
        return listener

    def tune(self, settings: Settings) -> None:
        """Apply what may change while listening."""
        for listener in self._tcp:
            hand_down(listener.socket, keepalive=settings.tcp_keepalive)
            try:
                defer_accept(listener.socket, settings.tcp_defer_accept > 0)
            except OSError as error:
                _log.warning("tcp_defer_accept: %s", error.strerror)

    def _on_exhausted(self, error: OSError) -> None:
        now = self._reactor.now
        if self._exhausted or now - self._exhaustion_told < EXHAUSTION_QUIET:
            return
        self._exhausted = True
        self._exhaustion_told = now
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

    def suspend(self) -> None:
        """Accept nobody until :meth:`resume`; the kernel queues who comes."""
        for listener in (*self._tcp, *self._unix):
            listener.suspend()

    def close_tcp(self) -> None:
        """Listen on unix sockets alone; who has connected by now is accepted."""
        for listener in self._tcp:
            listener.accept_pending()
            listener.close()
        self._tcp.clear()

    def close(self) -> None:
        """Listen no more."""
        self.close_tcp()
        for listener in self._unix:
            listener.close()
        self._unix.clear()
