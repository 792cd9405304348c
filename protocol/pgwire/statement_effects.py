"""What a Parse or a Close does to the statements of a client; see ``Effect``.

Each is made before it is done, and knows what to put back.
"""

from collections.abc import Mapping
from typing import Protocol

from .server_statements import Prepared, ServerStatements
from .statement import Statement


class HasUnnamed(Protocol):
    """A client.

    Attributes:
        unnamed: its unnamed statement, whatever stands for it.
    """

    unnamed: object


class Names(Protocol):
    """A client with its named statements."""

    def strike_out(self, name: bytes) -> dict[bytes, Statement | None]:
        """Forget a name; give it with its statement, or nothing if it has none."""

    def enter(self, names: Mapping[bytes, Statement | None]) -> None:
        """Take note of names that it has not."""


class Named:
    """What a Parse or Close does to a name of a client."""

    __slots__ = ("_prepared", "_previous", "client", "name")

    def __init__(
        self,
        client: Names,
        name: bytes,
        previous: dict[bytes, Statement | None],
        prepared: Prepared | None,
    ) -> None:
        self.client = client
        self.name = name
        self._previous = previous
        self._prepared = prepared

    def undo(self, *, refused: bool) -> None:
        """See :class:`Effect`."""
        self.client.strike_out(self.name)
        self.client.enter(self._previous)
        if self._prepared is not None:
            self._prepared.undo(refused=refused)


class Reparsed:
    """An unnamed statement is parsed again by us.

    Attributes:
        servers: what the server had before.
        following: what is done to the server's unnamed statement next.
        undone: whether it was.
    """

    __slots__ = ("_made", "_statements", "following", "servers", "undone")

    def __init__(self, statements: ServerStatements, made: object) -> None:
        self._statements = statements
        self._made = made
        self.servers = statements.unnamed
        self.undone = False
        self.following: Reparsed | None = None
        before = statements.last_of_unnamed
        if isinstance(before, Reparsed):
            before.following = self
        statements.last_of_unnamed = self

    def undo(self, *, refused: bool) -> None:
        """See :class:`Effect`; a Parse that is refused has ended the one before it."""
        self.undone = True
        # Those that are undone have been, the last one first.
        while self.following is not None and self.following.undone:
            self.following = self.following.following
        servers = None if refused else self.servers
        if self._statements.unnamed is self._made:
            self._statements.unnamed = servers
        if self.following is not None and self.following.servers is self._made:
            # It is of a later batch, and comes behind something else now.
            self.following.servers = servers


class Unnamed(Reparsed):
    """What a Parse or Close does to a client's unnamed statement.

    Attributes:
        previous: what the client had before.
    """

    __slots__ = ("client", "previous")

    def __init__(
        self, client: HasUnnamed, statements: ServerStatements, made: object
    ) -> None:
        super().__init__(statements, made)
        self.client = client
        self.previous = client.unnamed

    def undo(self, *, refused: bool) -> None:
        """See :class:`Reparsed`."""
        super().undo(refused=refused)
        previous = None if refused else self.previous
        if self.client.unnamed is self._made:
            self.client.unnamed = previous
        following = self.following
        if isinstance(following, Unnamed) and following.client is self.client:
            following.previous = previous
