"""The two ends of connections through a proxy, both in the hands of the test."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pgpool_py.testing import FaultProxy
from tests.fixtures.waiting import PATIENCE

CHUNK = 65536


class _Echo(socketserver.BaseRequestHandler):
    """Says what it hears, until there is nothing more."""

    def handle(self) -> None:
        # An error: it was reset, or nobody listens any more.
        with suppress(OSError):
            while data := self.request.recv(CHUNK):
                self.request.sendall(data)


class _EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = False


@contextmanager
def echo_server() -> Iterator[tuple[str, int]]:
    """Serve on a free port of 127.0.0.1; every client has a thread."""
    with _EchoServer(("127.0.0.1", 0), _Echo) as server, _served(server):
        host, port = server.server_address[:2]
        yield str(host), port


@contextmanager
def unix_echo_server(path: Path) -> Iterator[Path]:
    """Serve on a unix socket."""
    server = socketserver.ThreadingUnixStreamServer(str(path), _Echo)
    with server, _served(server):
        yield path


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


@dataclass(frozen=True, slots=True)
class Ends:
    """Of one connection: what the client has, and what the target has."""

    client: socket.socket
    server: socket.socket


class Target:
    """A listener whose connections the test accepts itself."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._listener = self._keep(socket.create_server(("127.0.0.1", 0)))
        self.address: tuple[str, int] = self._listener.getsockname()

    def connect(self, proxy: FaultProxy) -> Ends:
        """Return both ends of a new connection through the proxy."""
        client = self._keep(connect(proxy))
        server, _ = self._listener.accept()
        return Ends(client, self._keep(server))

    def _keep(self, sock: socket.socket) -> socket.socket:
        sock.settimeout(PATIENCE)
        return self._stack.enter_context(sock)

    def close(self) -> None:
        """Close all of them."""
        self._stack.close()


def connect(proxy: FaultProxy) -> socket.socket:
    """Return a new connection to the proxy; no wait of it is for ever."""
    return socket.create_connection((proxy.host, proxy.port), timeout=PATIENCE)


def receive(sock: socket.socket, count: int) -> bytes:
    """Return exactly so many bytes; fewer only at the end."""
    data = b""
    while len(data) < count and (more := sock.recv(count - len(data))):
        data += more
    return data


def says(sock: socket.socket, data: bytes) -> bool:
    """Send to an echo server, and say whether it was all heard and said again."""
    sock.sendall(data)
    return receive(sock, len(data)) == data


def is_silent(sock: socket.socket) -> bool:
    """Say whether nothing has come, neither bytes nor an end."""
    sock.setblocking(False)
    try:
        sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    finally:
        sock.settimeout(PATIENCE)
    return False


def is_reset(sock: socket.socket) -> bool:
    """Wait for the end; say whether it was a reset."""
    try:
        while sock.recv(CHUNK):
            pass
    except ConnectionResetError:
        return True
    return False


def threads_of(proxy: FaultProxy) -> list[str]:
    """Return the names of the proxy's threads that run."""
    name = f"fault proxy {proxy.port}"
    return [t.name for t in threading.enumerate() if t.name == name]
