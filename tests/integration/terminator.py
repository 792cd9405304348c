"""Ends TLS that begins without a request, in front of a server."""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

#: From the address behind to a connection there.
Connect = Callable[[tuple[str, int]], socket.socket]

_CHUNK = 1 << 16


@contextlib.contextmanager
def terminated(
    context: ssl.SSLContext,
    behind: tuple[str, int],
    connect: Connect = socket.create_connection,
) -> Iterator[int]:
    """Listen on a port of 127.0.0.1; pass what comes on to ``behind``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        given = (listener, context, behind, connect)
        thread = threading.Thread(target=_serve, args=given)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def encrypted(address: tuple[str, int]) -> socket.socket:
    """Connect by direct TLS, whoever is there."""
    return _believing().wrap_socket(socket.create_connection(address))


def encrypted_after_request(address: tuple[str, int]) -> socket.socket:
    """Connect by TLS that is asked for, whoever is there."""
    plain = socket.create_connection(address)
    # SSLRequest: Int32 length 8, Int32 80877103
    plain.sendall(b"\0\0\0\x08\x04\xd2\x16\x2f")
    assert plain.recv(1) == b"S"
    return _believing().wrap_socket(plain)


def _believing() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # With TLS 1.3 tickets follow the handshake: readable, yet nothing to be received.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["postgresql"])
    return context


def _serve(
    listener: socket.socket,
    context: ssl.SSLContext,
    behind: tuple[str, int],
    connect: Connect,
) -> None:
    threads = []
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            break
        given = (accepted, context, behind, connect)
        thread = threading.Thread(target=_relay, args=given)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()


def _relay(
    accepted: socket.socket,
    context: ssl.SSLContext,
    behind: tuple[str, int],
    connect: Connect,
) -> None:
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(accepted, server_side=True) as ours,
        connect(behind) as theirs,
        selectors.DefaultSelector() as selector,
    ):
        selector.register(ours, selectors.EVENT_READ, theirs)
        selector.register(theirs, selectors.EVENT_READ, ours)
        while True:
            for key, _ in selector.select():
                assert isinstance(key.fileobj, socket.socket)
                data = key.fileobj.recv(_CHUNK)
                if not data:
                    return
                key.data.sendall(data)
