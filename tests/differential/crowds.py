"""Clients that read at the same time, one exchange each: what may share servers."""

from pgwire._message import FrontendMessage
from pgwire.codes import Target
from pgwire.frontend import Bind, Close, Describe, Execute, Parse, Query, Sync

from .chance import Chance
from .copies import Part, Writes
from .features import Feature
from .statements import Statements

_NAME = b"crowd"


class Crowds:
    """Makes up what one client does while others do alike."""

    def __init__(
        self, chance: Chance, statements: Statements, features: Feature
    ) -> None:
        self._chance = chance
        self._statements = statements
        self._extended = Feature.EXTENDED in features
        self._prepares = self._extended and Feature.PREPARED in features

    def part(self) -> Part:
        """Return exchanges that may be run twice, behind one that ends all else."""
        first: list[FrontendMessage] = [Sync(), Query(b"ROLLBACK")]
        prepared = None
        if self._prepares and self._chance.happens(40):
            prepared = self._statements.plain().encode()
            first += [Close(Target.STATEMENT, _NAME), Parse(_NAME, prepared), Sync()]
        writes: Writes = [first]
        for _ in self._chance.times(1, 5):
            writes.append(self._exchange(prepared))
        return Part(writes, crowded=True)

    def _exchange(self, prepared: bytes | None) -> list[FrontendMessage]:
        chance = self._chance
        sql = self._statements.plain().encode()
        if not self._extended or chance.happens(50):
            return [Query(sql)]
        run = [Describe(Target.PORTAL, b""), Execute(b""), Sync()]
        if prepared is not None and chance.happens(70):
            return [Bind(b"", _NAME), *run]
        return [Parse(b"", sql), Bind(b"", b""), *run]
