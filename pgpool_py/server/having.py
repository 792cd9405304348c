"""Taking note of the session parameters that a server has from now on."""

from .connection import ServerConnection
from .parameters import ParameterSet


def have(server: ServerConnection, parameters: ParameterSet) -> None:
    """Take note of them; what strikes is not left on a server that nobody has."""
    server.parameters = parameters
    if parameters.strikes:
        server.must_reset = True
