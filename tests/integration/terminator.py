"""Ends TLS that begins without a request, in front of a server."""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator

_CHUNK = 1 << 16


@contextlib.contextmanager
def terminated(context: ssl.SSLContext, behind: tuple[str, int]) -> Iterator[int]:
    """Listen on a port of 127.0.0.1; pass what comes on to ``behind``, in clear."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context, behind))
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _serve(
    listener: socket.socket, context: ssl.SSLContext, behind: tuple[str, int]
) -> None:
    threads = []
    while True:
        try:
            accepted, _ = listener.accept()
        except OSError:
            break
        thread = threading.Thread(target=_relay, args=(accepted, context, behind))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()


def _relay(
    accepted: socket.socket, context: ssl.SSLContext, behind: tuple[str, int]
) -> None:
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(accepted, server_side=True) as ours,
        socket.create_connection(behind) as theirs,
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
