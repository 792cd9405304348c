"""What can go wrong with the throw-away server.

EmbeddedError              it could not be started, stopped or asked
└── BinariesNotFoundError  there are no server programs to start it from
"""


class EmbeddedError(Exception):
    """The throw-away server failed; the text says what to do about it."""


class BinariesNotFoundError(EmbeddedError):
    """No directory with `postgres` and `initdb` was found."""
