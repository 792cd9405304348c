"""Statements that have to do with each other: something is put there, used, undone."""

from pgwire._message import FrontendMessage
from pgwire.frontend import Bind, Execute, Parse, Query, Sync

from .chance import Chance
from .copies import Part
from .features import Feature
from .session import LOOK
from .statements import Statements


class Scenes:
    """Makes up what one client does to its session, in one transaction or several."""

    def __init__(
        self, chance: Chance, statements: Statements, features: Feature
    ) -> None:
        self._chance = chance
        self._session = statements.session
        self._looks = Feature.SESSION in features
        self._extended = Feature.EXTENDED in features

    def part(self) -> Part:
        """Return some statements about one thing, each an exchange of its own."""
        chance = self._chance
        theme = chance.pick(self._session.themes)()
        sql = [chance.pick(theme.starts)]
        sql += [
            chance.pick(theme.others if chance.happens(80) else theme.starts)
            for _ in chance.times(1, 5)
        ]
        if chance.happens(45):
            sql = self._in_a_transaction(sql)
        if self._looks and chance.happens(40):
            sql.append(LOOK)
        exchanges = [self._exchange(one) for one in sql]
        if chance.happens(60):
            # Whatever was open is over.
            exchanges.insert(0, [Sync(), Query(b"ROLLBACK")])
        if chance.happens(20):
            return Part([[message for one in exchanges for message in one]])
        return Part(exchanges)

    def _in_a_transaction(self, sql: list[str]) -> list[str]:
        """Put a transaction around some of them, with savepoints or not."""
        chance = self._chance
        begin = chance.number(0, 1)
        end = chance.number(begin + 1, len(sql))
        inner = sql[begin:end]
        if chance.happens(50):
            mark = chance.number(0, len(inner))
            undo = chance.number(mark, len(inner))
            way = chance.pick(("ROLLBACK TO s", "RELEASE s"))
            inner = [
                *inner[:mark],
                "SAVEPOINT s",
                *inner[mark:undo],
                way,
                *inner[undo:],
            ]
        way = chance.pick(("COMMIT", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN"))
        return [*sql[:begin], "BEGIN", *inner, way, *sql[end:]]

    def _exchange(self, sql: str) -> list[FrontendMessage]:
        if not self._extended or self._chance.happens(65):
            return [Query(sql.encode())]
        return [Parse(b"", sql.encode()), Bind(b"", b""), Execute(b""), Sync()]
