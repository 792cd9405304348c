"""Which hosts are reached from this machine alone."""

from ipaddress import ip_address
from typing import Final

_LOCALHOST: Final = "localhost"


def is_loopback(host: str) -> bool:
    """Say whether a name or address leads to this machine, for everybody.

    That is so for names below localhost, too (RFC 6761, section 6.3).
    """
    name = host.lower().rstrip(".")
    if name == _LOCALHOST or name.endswith(f".{_LOCALHOST}"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
