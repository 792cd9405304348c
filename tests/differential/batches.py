"""The extended protocol: batches in many legal orders, and FunctionCall."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from pgwire._message import FrontendMessage
from pgwire.codes import Target
from pgwire.frontend import (
    Bind,
    Close,
    Describe,
    Execute,
    Flush,
    FunctionCall,
    Parse,
    Query,
    Sync,
)

from .chance import Chance
from .features import Feature
from .session import ENDLESS, EXECUTED
from .statements import Statements

INT4 = 23
TEXT = 25

_LIMITS = (0, 0, 1, 2, 1000)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was last parsed under a name, if it went well; types and values to bind."""

    sql: str
    types: tuple[int, ...] = ()
    values: tuple[bytes | None, ...] = ()


class Batches:
    """Makes up batches of one client."""

    def __init__(
        self, chance: Chance, statements: Statements, features: Feature
    ) -> None:
        self._chance = chance
        self._statements = statements
        self._prepared = Feature.PREPARED in features
        self._naming = (self._about_names,) if Feature.SQL_PREPARED in features else ()
        self._names = (b"", b"a", b"b") if self._prepared else (b"",)
        self._known: dict[bytes, Prepared] = {}
        # Portals that a Bind of the same batch has made, if all went well.
        self._portals = [b"p"]

    def batch(self) -> list[FrontendMessage]:
        """Return some extended messages, with Sync behind them or not."""
        chance = self._chance
        if not self._prepared:
            self._known.clear()
        self._portals = [b"p"]
        messages: list[FrontendMessage] = []
        for _ in chance.times(1, 5):
            messages += self._part()
        if chance.happens(85):
            messages.append(Sync())
            if chance.happens(10):
                messages.append(Sync())
        elif chance.happens(70):
            messages.append(Flush())
        return messages

    def _part(self) -> list[FrontendMessage]:
        chance = self._chance
        kinds: list[Callable[[], list[FrontendMessage]]] = [self._whole] * 4
        kinds += [self._execute, self._wrong, self._flush]
        if self._known:
            kinds += [self._bind, self._bind_and_execute, self._describe, self._close]
            if self._prepared:
                kinds += [self._bind_and_execute] * 2 + [self._parse]
        return chance.pick(kinds)()

    def _whole(self) -> list[FrontendMessage]:
        """Return what a driver sends for one statement."""
        chance = self._chance
        messages = self._parse()
        name = messages[-1].statement if isinstance(messages[-1], Parse) else b""
        if chance.happens(30):
            messages.append(Describe(Target.STATEMENT, name))
        return [*messages, *self._bind_and_execute(name)]

    def _parse(self) -> list[FrontendMessage]:
        prepared = self._statement()
        name = self._chance.pick(self._names)
        if name in EXECUTED and ENDLESS.search(prepared.sql):
            name = b"b"
        self._known[name] = prepared
        parse = Parse(name, prepared.sql.encode(), prepared.types)
        if name and self._chance.happens(50):
            # Else it is there perhaps, which is an error.
            return [Close(Target.STATEMENT, name), parse]
        return [parse]

    def _bind(self, name: bytes | None = None) -> list[FrontendMessage]:
        chance = self._chance
        if name is None:
            name = chance.pick(self._bindable)
        values = self._known.get(name, Prepared("")).values
        if chance.happens(5):
            values = chance.pick(((), (b"1", b"2", b"3")))
        formats: tuple[int, ...] = ()
        if (
            chance.happens(15)
            and values
            and all(value is not None and value.isdigit() for value in values)
        ):
            formats = (1,)
            values = tuple(struct.pack("!i", int(value or b"0")) for value in values)
        portal = chance.pick((b"", b"", b"p"))
        self._portals = [b"p", portal]
        return [Bind(portal, name, formats, values, chance.pick(((), (), (1,))))]

    @property
    def _bindable(self) -> tuple[bytes, ...]:
        return self._names if self._prepared else tuple(self._known)

    def _bind_and_execute(self, name: bytes | None = None) -> list[FrontendMessage]:
        chance = self._chance
        messages = self._bind(name)
        portal = messages[0].portal if isinstance(messages[0], Bind) else b""
        if chance.happens(60):
            messages.append(Describe(Target.PORTAL, portal))
        messages.append(Execute(portal, chance.pick(_LIMITS)))
        if chance.happens(15):
            messages.append(Execute(portal, chance.pick(_LIMITS)))
        return messages

    def _execute(self) -> list[FrontendMessage]:
        """Go on with a portal of this transaction, if there is one.

        The unnamed one must be of this batch: PostgreSQL keeps the portal of a Query
        that failed in a transaction, but not what it points to, and may crash over an
        Execute of it (seen with 15.18; `sourceText` and `stmts` of the portal).
        """
        chance = self._chance
        portal = chance.pick(self._portals)
        return chance.pick(
            (
                [Execute(portal, chance.pick(_LIMITS))],
                [Describe(Target.PORTAL, portal)],
                [Close(Target.PORTAL, portal)],
            )
        )

    def _describe(self) -> list[FrontendMessage]:
        return [Describe(Target.STATEMENT, self._chance.pick(self._bindable))]

    def _close(self) -> list[FrontendMessage]:
        name = self._chance.pick(self._bindable)
        self._known.pop(name, None)
        return [Close(Target.STATEMENT, name)]

    def _flush(self) -> list[FrontendMessage]:
        return [Flush()]

    def _wrong(self) -> list[FrontendMessage]:
        return self._chance.pick(
            (
                [Execute(b"missing", 0)],
                [Bind(b"", b"missing")],
                [Describe(Target.STATEMENT, b"missing")],
                [Describe(Target.PORTAL, b"missing")],
                [Close(Target.STATEMENT, b"missing")],
            )
        )

    def _statement(self) -> Prepared:
        chance, table = self._chance, self._statements.table
        client = self._statements.client
        number = b"%d" % chance.number(0, 9)
        long = b"z" * chance.pick((3, 9_000, 60_000))
        makers: tuple[Callable[[], Prepared], ...] = (
            lambda: Prepared(self._statements.any()),
            lambda: Prepared(self._statements.any()),
            lambda: Prepared(f"SELECT $1::int + {client}", (), (number,)),
            lambda: Prepared(
                f"SELECT id, word FROM {table} WHERE id <= $1 ORDER BY id",
                (INT4,),
                (number,),
            ),
            lambda: Prepared(
                f"SELECT i, {client} FROM generate_series(1, $1) AS i",
                (INT4,),
                (number,),
            ),
            # Zero is among the numbers, and no number among the values.
            lambda: Prepared("SELECT 10 / $1", (INT4,), (number,)),
            lambda: Prepared("SELECT $1", (INT4,), (chance.pick((number, b"x")),)),
            lambda: Prepared("SELECT $1, $2", (TEXT, 0), (b"of %d" % client, None)),
            lambda: Prepared("SELECT length($1), $1", (TEXT,), (long,)),
            lambda: Prepared(
                f"INSERT INTO {table} (id, n) VALUES ($1, $2) RETURNING n",
                (),
                (b"%d" % chance.number(1, 20), number),
            ),
        )
        return chance.pick(makers + self._naming)()

    def _about_names(self) -> Prepared:
        """Return what may be executed by a text, and is about names itself."""
        client, chance = self._statements.client, self._chance
        texts = ("EXECUTE q", "DEALLOCATE q", f"PREPARE q AS SELECT {client}, 'q'")
        return Prepared(chance.pick((*texts, "DEALLOCATE a")))

    # Beside batches

    def function_call(self) -> list[FrontendMessage]:
        """Return a call of a function by its number."""
        chance = self._chance
        number, other = b"%d" % chance.number(0, 9), b"%d" % self._statements.client
        return [
            chance.pick(
                (
                    FunctionCall(177, (), (number, other)),  # int4pl
                    FunctionCall(154, (0,), (other, number)),  # int4div
                    FunctionCall(177, (1,), (b"\0\0\0\1", b"\0\0\0\2"), 1),
                    FunctionCall(1317, (), (b"of " + other,)),  # length(text)
                    FunctionCall(177, (), (number, None)),
                    FunctionCall(177, (), (number,)),
                    FunctionCall(1, (), ()),
                )
            )
        ]

    def queries(self) -> list[FrontendMessage]:
        """Return simple queries, one or several."""
        chance, statements = self._chance, self._statements
        if not self._prepared:
            self._known.clear()
        self._known.pop(b"", None)
        sql = [
            statements.several() if chance.happens(25) else statements.any()
            for _ in chance.times(1, 2)
        ]
        return [Query(text.encode()) for text in sql]
