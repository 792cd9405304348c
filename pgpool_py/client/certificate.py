"""The names in the certificate of a client."""

from collections.abc import Iterable

from pgpool_py.auth.rules import Certificate
from pgpool_py.net.stream import Stream
from pgpool_py.net.tls import TlsStream


def certificate_of(stream: Stream) -> Certificate | None:
    """Give the names of the certificate at the other end; None if none was verified."""
    if not isinstance(stream, TlsStream):
        return None
    # Empty for one that was not verified.
    found = stream.secured.getpeercert()
    if not found:
        return None
    # As ssl documents it: names in groups (RDNs), and pairs of type and value.
    common = _values("commonName", _flattened(found.get("subject", ())))
    dns = _values("DNS", found.get("subjectAltName", ()))
    return Certificate(common[0] if common else None, dns)


def _flattened(groups: object) -> list[object]:
    if not isinstance(groups, tuple):
        return []
    return [pair for group in groups if isinstance(group, tuple) for pair in group]


def _values(wanted: str, pairs: object) -> tuple[str, ...]:
    if not isinstance(pairs, Iterable):
        return ()
    return tuple(
        pair[1]
        for pair in pairs
        if isinstance(pair, tuple) and len(pair) == 2 and pair[0] == wanted
    )
