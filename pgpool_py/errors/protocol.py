"""Errors in what a client sent: the protocol and the admin console."""

from .tree import ClientProtocolError, ConsoleError, Severity

# The protocol


def protocol_violation(message: str, detail: str | None = None) -> ClientProtocolError:
    """Refuse what the protocol does not allow, in words of the caller."""
    return ClientProtocolError(message, "08P01", detail=detail)


def unknown_packet(kind: str) -> ClientProtocolError:
    """Refuse a message whose type byte no client may send; ``kind`` is printable."""
    return protocol_violation("unknown pkt", f'Message type "{kind}".')


def broken_packet(name: str, detail: str | None = None) -> ClientProtocolError:
    """Refuse a message, e.g. ``Parse``, whose inside does not add up."""
    return protocol_violation(f"broken {name} packet", detail)


def packet_too_large(size: int, limit: int) -> ClientProtocolError:
    """Refuse a message of more bytes than ``max_packet_size``."""
    return ClientProtocolError(
        "client packet too large",
        "08P01",
        detail=f"The message has {size} bytes, max_packet_size is {limit}.",
        hint="Send less at once or raise max_packet_size.",
    )


def bad_packet_header(header: bytes) -> ClientProtocolError:
    """Refuse first bytes that are no startup packet; at most eight are shown."""
    return protocol_violation(
        f"bad packet header: '{header[:8].hex()}'",
        "This port speaks the PostgreSQL protocol.",
    )


def bad_startup_layout() -> ClientProtocolError:
    """Refuse a startup packet whose last byte is not zero."""
    return protocol_violation(
        "invalid startup packet layout: expected terminator as last byte"
    )


def old_protocol() -> ClientProtocolError:
    """Refuse protocol 2.0."""
    return protocol_violation("old V2 protocol not supported")


def startup_repeated() -> ClientProtocolError:
    """Refuse a second startup packet."""
    return protocol_violation("client re-sent startup pkt")


def unencrypted_data(request: str = "SSL") -> ClientProtocolError:
    """Refuse plain bytes glued to an ``SSL`` or ``GSSAPI encryption`` request."""
    return protocol_violation(f"received unencrypted data after {request} request")


def out_of_memory() -> ClientProtocolError:
    """Give up on a client for whom there is no memory."""
    return ClientProtocolError("out of memory", "53200")


# The console


def console_error(message: str) -> ConsoleError:
    """Answer a command that makes no sense or cannot be obeyed; the session goes on."""
    return ConsoleError(message, "08P01", severity=Severity.ERROR)


def console_extended_protocol() -> ConsoleError:
    """Refuse Parse, Bind and the like on the console."""
    return ConsoleError(
        "extended query protocol not supported by admin console",
        "08P01",
        severity=Severity.ERROR,
        hint="Use the simple query protocol.",
    )


def reload_failed(detail: str | None = None) -> ConsoleError:
    """Answer a RELOAD that changed nothing because the files have faults."""
    return ConsoleError(
        "RELOAD failed, see logs for additional details",
        "F0000",
        severity=Severity.ERROR,
        detail=detail,
    )
