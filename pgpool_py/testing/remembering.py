"""A client whose last statement is remembered, for whoever asks what it has left."""

from pgpool_py.client.extended_only import ExtendedOnlySession
from pgpool_py.client.observed import ObservedSession
from pgpool_py.client.session import ClientSession
from pgpool_py.client.statement_text import statement_text


class RememberingSession(ObservedSession):
    """See the module's text."""

    __slots__ = ()

    @property
    def last_statement(self) -> bytes | None:
        """The text of the first of its last exchange; None where it is not known."""
        return statement_text(self._first, self.requests)

    def _look(self) -> None:
        first = self._first
        super()._look()
        self._first = first


class RememberingExtendedOnlySession(RememberingSession, ExtendedOnlySession):
    """See the module's text."""

    __slots__ = ()


def remembering_kind(*, extended_only: bool, observed: bool) -> type[ClientSession]:
    """Give the class of a client's session; see SessionKind."""
    del observed
    return RememberingExtendedOnlySession if extended_only else RememberingSession
