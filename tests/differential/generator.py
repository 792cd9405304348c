"""Making up conversations, by a seed or by Hypothesis."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

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

from .batches import Batches
from .chance import Chance, Drawn, Seeded
from .conversation import Conversation, Ending, Turn
from .copies import Copies, Part, Writes
from .crowds import Crowds
from .features import SUPPORTED, Feature
from .scenes import Scenes
from .statements import Statements


@dataclass(frozen=True, slots=True)
class Size:
    """How large conversations are.

    Attributes:
        clients: how many there are at the same time, at most.
        successors: how many come when one of these has left, at most.
        parts: what each of them does, at most.
        servers: how many the pooler has.
    """

    clients: int
    servers: int
    successors: int = 1
    parts: int = 5


def made_up(chance: Chance, size: Size, features: Feature) -> Conversation:
    """Make up a conversation."""
    scripts = [
        _Script(chance, client, features).turns(size.parts)
        for client in chance.times(min(2, size.clients), size.clients + size.successors)
    ]
    turns: list[Turn] = []
    present, to_come = scripts[: size.clients], scripts[size.clients :]
    while present:
        last = turns[-1] if turns else None
        crowd = [script for script in present if script[0].crowded]
        joins = last is not None and last.crowded and crowd and chance.happens(80)
        script = chance.pick(crowd if joins else present)
        turns.append(script.pop(0))
        if not script:
            present = [other for other in present if other is not script]
            present += to_come[:1]
            to_come = to_come[1:]
    return Conversation(tuple(turns), size.servers)


def seeded(seed: int, size: Size, features: Feature = SUPPORTED) -> Conversation:
    """Make up the conversation of a seed."""
    return made_up(Seeded(seed), size, features)


@st.composite
def conversations(
    draw: DrawFn, size: Size, features: Feature = SUPPORTED
) -> Conversation:
    """Make up conversations that Hypothesis can shrink."""
    return made_up(Drawn(draw), size, features)


#: What ends the transaction of a batch.
_ENDERS = (Query, Sync)


class _Script:
    """What one client does."""

    def __init__(self, chance: Chance, client: int, features: Feature) -> None:
        self._chance = chance
        self._client = client
        self._features = features
        self._statements = Statements(chance, client, features)
        self._batches = Batches(chance, self._statements, features)
        self._copies = Copies(chance, self._statements, features)
        self._kinds = self._possible_kinds()
        self._batch_open = False

    def _possible_kinds(self) -> list[Callable[[], Part]]:
        batches, copies = self._batches, self._copies
        scenes = Scenes(self._chance, self._statements, self._features)
        kinds: list[Callable[[], Part]] = []
        if Feature.SIMPLE in self._features:
            kinds += [lambda: Part([batches.queries()])] * 4
        if Feature.EXTENDED in self._features:
            kinds += [lambda: Part([batches.batch()])] * 4
            kinds.append(lambda: Part([[Sync()]]))
            kinds.append(lambda: Part([[Flush()]]))
        if self._statements.session.themes:
            kinds += [scenes.part] * 5
        if Feature.CROWDS in self._features:
            crowds = Crowds(self._chance, self._statements, self._features)
            kinds += [crowds.part] * 20
        if Feature.FUNCTION_CALL in self._features:
            kinds.append(lambda: Part([batches.function_call()]))
        if Feature.COPY_IN in self._features:
            kinds += [copies.simple, copies.stray]
            if Feature.EXTENDED in self._features:
                kinds.append(copies.extended)
        return kinds

    def turns(self, parts: int) -> list[Turn]:
        """Return the client's turns, at least one."""
        chance = self._chance
        ends = Feature.ENDINGS in self._features and chance.happens(25)
        ending = self._ending() if ends else None
        turns: list[Turn] = []
        writes: Writes = []
        for _ in chance.times(1, parts):
            part = chance.pick(self._kinds)()
            if Feature.QUERY_IN_BATCH not in self._features:
                self._end_batches(part)
            if part.crowded:
                turns += [self._turn(write) for write in writes]
                turns += self._crowded(part)
                writes = []
                continue
            if part.alone:
                turns += [self._turn(write) for write in writes]
                turns += [self._turn(write) for write in part.writes]
                turns[-1] = replace(turns[-1], awaited=True, tail=0)
                writes = []
                continue
            if writes and chance.happens(25):
                # In one write with what came before.
                writes[-1] += part.writes.pop(0)
            writes += part.writes
        if ending is None and chance.happens(60):
            writes.append([Sync(), Query(chance.pick((b"COMMIT", b"ROLLBACK")))])
        if ending is not None and any(isinstance(m, _ENDERS) for m in ending.messages):
            # It would end a batch that is open, and what that did would last.
            writes.append([Sync()])
        turns += [self._turn(write) for write in writes]
        if ending is None or ending.messages or ending.ending is Ending.TERMINATE:
            # Nothing but the end may cut a message in two for good.
            turns[-1] = replace(turns[-1], tail=0)
        return turns if ending is None else [*turns, ending]

    def _end_batches(self, part: Part) -> None:
        """Put a Sync in front of what would come into an open batch."""
        for write in part.writes:
            messages, write[:] = list(write), []
            for message in messages:
                if isinstance(message, Query | FunctionCall) and self._batch_open:
                    write.append(Sync())
                write.append(message)
                if isinstance(message, Query | FunctionCall | Sync):
                    self._batch_open = False
                elif isinstance(message, Parse | Bind | Describe | Execute | Close):
                    self._batch_open = True

    def _turn(self, messages: list[FrontendMessage]) -> Turn:
        chance = self._chance
        turn = Turn(self._client, tuple(messages), awaited=not chance.happens(15))
        size = len(turn.data)
        if chance.happens(20):
            cuts = {chance.number(1, size - 1) for _ in chance.times(1, 3)}
            turn = replace(turn, cuts=tuple(sorted(cuts)))
        if chance.happens(10):
            last = len(messages[-1].encode())
            turn = replace(turn, tail=chance.number(1, last - 1))
        return replace(turn, cuts=tuple(c for c in turn.cuts if c < size - turn.tail))

    def _crowded(self, part: Part) -> list[Turn]:
        first, *others = (Turn(self._client, tuple(write)) for write in part.writes)
        return [
            first,
            *(replace(turn, awaited=False, crowded=True) for turn in others),
        ]

    def _ending(self) -> Turn:
        """Leave in the middle of something that has no effect."""
        chance = self._chance
        read = self._statements.reads().encode()
        write = self._statements.writes().encode()
        batch: tuple[FrontendMessage, ...] = (
            Parse(b"", read),
            Bind(b"", b""),
            Describe(Target.PORTAL, b""),
            Execute(b""),
        )
        unsynced = (Parse(b"", write), Bind(b"", b""), Execute(b""))
        copy = Query(f"COPY {self._statements.table} (id, n) FROM STDIN".encode())
        messages: tuple[FrontendMessage, ...] = chance.pick(
            (
                (),
                (Query(read),),
                (Query(read), Query(b"SELECT 1 / 0"), Query(read)),
                (*batch, Sync()),
                batch,
                (*batch, Flush()),
                (Query(b"BEGIN"), Query(write)),
                unsynced,
                (*unsynced, Flush()),
                (copy,),
            )
        )
        ending = chance.pick((Ending.TERMINATE, Ending.CLOSE, Ending.RESET))
        return Turn(self._client, messages, ending=ending)
