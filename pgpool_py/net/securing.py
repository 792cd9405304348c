"""From a plain stream to an encrypted one."""

import ssl
from collections.abc import Callable

from .handshake import Handshake, Outcome
from .stream import Handler, Stream
from .tls import TlsStream
from .tls_context import ALPN


def secure(
    stream: Stream,
    context: ssl.SSLContext,
    handler: Handler,
    then: Callable[[TlsStream | OSError], None],
    *,
    server_side: bool,
    server_hostname: str | None = None,
    direct: bool = False,
) -> Handshake:
    """Begin a handshake on the socket of ``stream``, which is closed for its users.

    Args:
        stream: of which nothing is read that the handshake needs, and nothing waits to
            be written.
        context: see :class:`Handshake`.
        handler: of the encrypted stream.
        then: told once: the stream, or why there is none, the socket being closed.
        server_side: whether we are the server.
        server_hostname: see :class:`Handshake`.
        direct: whether no SSLRequest went before. Then both sides must agree on
            PostgreSQL's protocol (ALPN), so that what was meant for another service
            is not taken for ours ("SSL Session Encryption" of PostgreSQL 17's
            protocol documentation).

    Raises:
        OSError: the other side is gone already.
        ValueError: ``server_hostname`` is none that a certificate can have.
    """
    reactor = stream.reactor
    connected = stream.give_away()

    def finish(outcome: Outcome) -> None:
        if isinstance(outcome, OSError):
            then(outcome)
        elif direct and outcome.selected_alpn_protocol() != ALPN:
            outcome.close()
            then(ssl.SSLError("direct TLS without the ALPN protocol postgresql"))
        else:
            then(TlsStream(reactor, outcome, handler))

    try:
        if server_hostname is not None:
            # As the ssl module does, which would leave the socket open.
            server_hostname.encode("idna")
        return Handshake(
            reactor,
            connected,
            context,
            finish,
            server_side=server_side,
            server_hostname=server_hostname,
        )
    except BaseException:
        connected.close()
        raise
