"""COPY from the client: what it sends in copy-in, and where it goes wrong."""

from dataclasses import dataclass

from pgwire._message import FrontendMessage
from pgwire.codes import Target
from pgwire.copying import CopyData, CopyDone, CopyFail
from pgwire.frontend import Bind, Close, Execute, Flush, Parse, Query, Sync

from .chance import Chance
from .features import Feature
from .outstanding import BAD
from .statements import Statements
from .tables import REFUSING

Writes = list[list[FrontendMessage]]

_ENDS = (CopyDone, CopyFail)


@dataclass(frozen=True, slots=True)
class Part:
    """Something that a client does.

    Attributes:
        writes: one or several, in each some messages.
        alone: whether all is to be answered before the client sends more.
        crowded: whether others are to do alike at the same time.
    """

    writes: Writes
    alone: bool = False
    crowded: bool = False


class Copies:
    """Makes up copy-ins of one client."""

    def __init__(
        self, chance: Chance, statements: Statements, features: Feature
    ) -> None:
        self._chance = chance
        self._statements = statements
        self._syncs = Feature.SYNC_IN_COPY in features
        self._prepared = Feature.PREPARED in features
        self._more_behind = Feature.MORE_BEHIND_SYNC_IN_COPY in features

    def simple(self) -> Part:
        """Return a Query with COPY FROM, among other statements or several of them."""
        chance = self._chance
        sql = [self._copy()]
        for _ in chance.times(0, 2):
            place = chance.number(0, len(sql))
            sql.insert(place, chance.pick((self._copy, self._statements.reads))())
        blocks = sum("FROM STDIN" in part for part in sql)
        writes: Writes = [[Query("; ".join(sql).encode())]]
        for _ in range(blocks):
            self._append(writes, self._data(synced=chance.happens(30)))
        return self._part(writes)

    def extended(self) -> Part:
        """Return a batch with COPY FROM."""
        chance = self._chance
        # Where the unnamed one can be used again, that must not start a COPY.
        name = b"copy" if self._prepared else b""
        start: list[FrontendMessage] = [
            Close(Target.STATEMENT, name),
            Parse(name, self._copy().encode()),
            Bind(b"", name),
            Execute(b""),
        ]
        synced = self._syncs and chance.happens(30)
        if synced:
            # As libpq does, which does not know that this is COPY.
            start.append(Sync())
        elif chance.happens(50):
            start.append(Flush())
        writes: Writes = [start]
        self._append(writes, self._data(synced=synced))
        if chance.happens(90):
            writes[-1].append(Sync())
        return self._part(writes)

    def stray(self) -> Part:
        """Return copy data that nobody waits for."""
        return Part([self._data(synced=False)])

    def _part(self, writes: Writes) -> Part:
        sent = [message for write in writes for message in write]
        end = max(n for n, one in enumerate(sent) if isinstance(one, _ENDS))
        syncs = any(isinstance(message, Sync) for message in sent[:end])
        if not syncs or self._more_behind:
            return Part(writes)
        if not isinstance(sent[-1], Sync):
            # What was kept back of the answer would come behind something else.
            writes[-1].append(Sync())
        return Part(writes, alone=True)

    def _copy(self) -> str:
        chance, table = self._chance, self._statements.table
        if chance.happens(15):
            return f"COPY {REFUSING} FROM STDIN"
        # Some rows are there already.
        return f"COPY {table} (id, n) FROM STDIN"

    def _append(self, writes: Writes, data: list[FrontendMessage]) -> None:
        """Put the data behind the last write, or into writes of their own."""
        way = self._chance.number(0, 2)
        if way == 0:
            writes[-1].extend(data)
        elif way == 1:
            writes.append(data)
        else:
            writes.extend([message] for message in data)

    def _data(self, *, synced: bool) -> list[FrontendMessage]:
        chance = self._chance
        first = chance.pick((100, 100, 1))
        data: list[FrontendMessage] = []
        for number in chance.times(0, 4):
            if chance.happens(15):
                data.append(CopyData(BAD + b"\t1\n"))
            elif not synced and chance.happens(10):
                # Where rows are stored so early, nobody knows by which message a
                # duplicate one fails.
                rows = range(1000 * number + 1000, 1000 * number + 3000)
                data.append(CopyData(b"".join(b"%d\t7\n" % row for row in rows)))
            else:
                row = first + number
                data.append(CopyData(b"%d\t%d\n" % (row, self._statements.client)))
            if synced and chance.happens(5):
                data.append(
                    chance.pick((Flush(), Sync()) if self._syncs else (Flush(),))
                )
        data.append(CopyFail(b"enough") if chance.happens(25) else CopyDone())
        return data
