"""TLS as the settings want it: contexts, and what is bound to our certificate."""

import hashlib
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pgpool_py.net.stream import Stream
from pgpool_py.net.tls_context import REQUIRING, towards_clients, towards_servers
from pgpool_py.server.encrypting import ServerTls
from pgpool_py.settings import Settings, SslNegotiation
from pgwire.end_point import server_end_point
from pgwire.scram import ChannelBinding

_BEGIN: Final = "-----BEGIN CERTIFICATE-----"
_END: Final = "-----END CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Encryption:
    """What holds until the next reload.

    Attributes:
        clients: the context for them, None where there is no TLS.
        servers: what TLS is like there, None where there is none.
        requires_tls: whether no client may log in over TCP without it.
        binding: of SCRAM to our own certificate, None where it has none.
        server_side: a digest of all that servers are shown or checked with.
    """

    clients: ssl.SSLContext | None
    servers: ServerTls | None
    requires_tls: bool
    binding: ChannelBinding | None
    server_side: bytes = field(repr=False)

    def for_cancel(self, stream: Stream, host: str) -> tuple[ServerTls, str] | None:
        """Give how a CancelRequest goes to a server that is reached by ``stream``.

        As the server itself is: its key is worth a query.
        """
        if self.servers is None or not stream.encryption:
            return None
        return self.servers, host


def encryption_of(settings: Settings) -> Encryption:
    """Read keys and certificates.

    Raises:
        TlsConfigError: naming the setting.
        OSError: a file went away meanwhile.
    """
    clients = towards_clients(settings)
    return Encryption(
        clients,
        _servers(settings),
        requires_tls=settings.client_tls_sslmode in REQUIRING,
        binding=None if clients is None else _binding(settings.client_tls_cert_file),
        server_side=_digest(settings),
    )


def _servers(settings: Settings) -> ServerTls | None:
    context = towards_servers(settings)
    if context is None:
        return None
    return ServerTls(
        context,
        required=settings.server_tls_sslmode in REQUIRING,
        direct=settings.server_tls_sslnegotiation is SslNegotiation.DIRECT,
    )


def _binding(cert_file: str) -> ChannelBinding | None:
    text = Path(cert_file).read_text(encoding="ascii", errors="replace")
    # Our own certificate comes first, those who signed it behind it.
    start = text.index(_BEGIN)
    first = text[start : text.index(_END, start)] + _END
    return server_end_point(ssl.PEM_cert_to_DER_cert(first))


def _digest(settings: Settings) -> bytes:
    told = (
        settings.server_tls_sslmode,
        settings.server_tls_protocols,
        settings.server_tls_ciphers,
        settings.server_tls_sslnegotiation,
    )
    digest = hashlib.blake2b("\0".join(told).encode())
    for name in (
        settings.server_tls_ca_file,
        settings.server_tls_cert_file,
        settings.server_tls_key_file,
    ):
        content = Path(name).read_bytes() if name else b""
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()
