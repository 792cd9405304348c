"""Errors in what a client sent: the protocol and the admin console."""

from .tree import ClientProtocolError, ConsoleError, Severity

# The protocol


def protocol_violation(
    message: str, detail: str | None = None, hint: str | None = None
) -> ClientProtocolError:
    """Refuse what the protocol does not allow, in words of the caller."""
    return ClientProtocolError(message, "08P01", detail=detail, hint=hint)


def packet_too_large(size: int, limit: int) -> ClientProtocolError:
    """Refuse a message that is longer than ``max_packet_size``."""
    return ClientProtocolError(
        "message too large (max_packet_size)",
        "08P01",
        detail=f"The message has {size} bytes, max_packet_size is {limit} bytes.",
        hint="Send smaller messages or raise max_packet_size.",
    )


def startup_repeated() -> ClientProtocolError:
    """Refuse a second startup packet."""
    return protocol_violation("client re-sent startup pkt")


def unencrypted_data(request: str = "SSL") -> ClientProtocolError:
    """Refuse plain bytes glued to an ``SSL`` or ``GSSAPI encryption`` request."""
    return protocol_violation(f"received unencrypted data after {request} request")


# The console


def console_error(
    message: str, detail: str | None = None, hint: str | None = None
) -> ConsoleError:
    """Answer a command that makes no sense or cannot be obeyed; the session goes on."""
    return ConsoleError(
        message, "08P01", severity=Severity.ERROR, detail=detail, hint=hint
    )


def reload_failed(detail: str | None = None) -> ConsoleError:
    """Answer a RELOAD that changed nothing because the files have faults."""
    return ConsoleError(
        "RELOAD failed, see logs for additional details",
        "F0000",
        severity=Severity.ERROR,
        detail=detail,
    )
