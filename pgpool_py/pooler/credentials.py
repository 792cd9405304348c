"""What the servers of one pool are logged in with.

    password= of the database
    else the secret that auth_file has of the servers' user, unless it is a SCRAM secret
    else what a client of that user has shown (pass-through): password or SCRAM keys

A stored SCRAM secret proves others to us, not us to others. The keys that a client's
exchange gives away open every server that has the same secret.
"""

from typing import Final

from pgpool_py.settings import ServerTarget
from pgwire.server_secret import ServerSecret

from .context import Context

_SCRAM_PREFIX: Final = "SCRAM-SHA-256$"
_NOTHING: Final = ServerSecret()


class Credentials:
    """See the module's text."""

    __slots__ = ("_context", "_learned", "_needed", "_refused")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._learned: ServerSecret | None = None
        self._refused: ServerSecret | None = None
        self._needed = True

    def of(self, target: ServerTarget) -> ServerSecret:
        """Give what to log in with; nothing, if nothing is known."""
        own = self._own(target)
        if own is not None:
            return ServerSecret(password=own)
        return self._learned or _NOTHING

    def lack(self, target: ServerTarget) -> bool:
        """Whether a server can be opened only when a client has logged in.

        Not so where one could be opened with nothing.
        """
        if self._learned is not None or not self._needed:
            return False
        scram = self._stored(target) is not None and self._own(target) is None
        return scram or self._refused is not None

    def is_new(self, shown: ServerSecret) -> bool:
        """Whether what a client has shown is worth a new attempt."""
        return shown not in (self._learned, self._refused)

    def learn(self, shown: ServerSecret) -> None:
        """Take what a client has shown."""
        self._learned = shown

    def took(self, used: ServerSecret) -> None:
        """Note that a server was content with this."""
        self._needed = used != _NOTHING
        self._refused = None

    def refused(self, used: ServerSecret) -> bool:
        """Forget what a server did not take; say whether a client had shown it."""
        if self._learned is None or used is not self._learned:
            return False
        self._refused, self._learned = self._learned, None
        return True

    def _own(self, target: ServerTarget) -> str | None:
        stored = self._stored(target)
        if stored is None or stored.startswith(_SCRAM_PREFIX):
            return None
        return stored

    def _stored(self, target: ServerTarget) -> str | None:
        if target.password is not None:
            return target.password
        return self._context.secrets.get(target.user)
