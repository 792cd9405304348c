"""Who has sent what a server notifies of, as long as that is certain.

A client *claims* what its server sends. It gives that up behind a *fence*: when a query
that was sent to the server that listens after that is answered, all has come that was
sent before.
"""

from collections.abc import Callable


class Senders:
    """See the module's text; process ids, of servers and of clients."""

    __slots__ = ("_asked", "_fences", "_own")

    def __init__(self) -> None:
        self._own: dict[int, int] = {}
        self._fences: list[tuple[int, Callable[[], None]]] = []
        self._asked = 0

    @property
    def waiting(self) -> bool:
        """Whether a fence is to be passed."""
        return bool(self._fences)

    def claim(self, server: int, client: int) -> None:
        """Take what this server sends to be this client's."""
        self._own[server] = client

    def of(self, server: int) -> int | None:
        """Give the client that certainly sent what this server did, if there is one."""
        return self._own.get(server)

    def disclaim(self, server: int, then: Callable[[], None]) -> None:
        """Put up a fence; behind it the claim ends, and ``then`` is called."""
        self._fences.append((server, then))

    def asked(self) -> None:
        """Note that a query is sent: it answers for all fences that are there."""
        self._asked = len(self._fences)

    def answered(self) -> None:
        """Note that this query is answered."""
        passed, self._fences = self._fences[: self._asked], self._fences[self._asked :]
        self._asked = 0
        for server, _ in passed:
            self._own.pop(server, None)
        for _, then in passed:
            then()

    def lost(self) -> None:
        """Note that nothing comes any more."""
        self.asked()
        self.answered()
