"""Setting a session parameter in the extended protocol, its value as a parameter.

Never by the text of a SET: there a value such as ``"$user", public`` would have to be
quoted element by element. By the unnamed statement, for a named one would lie within
reach of the clients.
"""

from typing import Final

from .frontend import Bind, Parse

_TEXT_OID: Final = 25
_TYPES: Final = (_TEXT_OID, _TEXT_OID)
PREPARE: Final = Parse(
    b"", b"SELECT pg_catalog.set_config($1, $2, false)", _TYPES
).encode()
#: The same for what is to be gone when the transaction is over, as by SET LOCAL.
PREPARE_LOCAL: Final = Parse(
    b"", b"SELECT pg_catalog.set_config($1, $2, true)", _TYPES
).encode()


def bind(portal: bytes, name: bytes, value: bytes | None) -> bytes:
    """Give the Bind for one parameter; None means the default of the session."""
    return Bind(portal, b"", (), (name, value), ()).encode()
