"""What clients leave in their sessions: it would break behind another pooler."""

from dataclasses import dataclass
from typing import Final

from pgpool_py.client.lender import Pinned
from pgpool_py.client.session import ClientSession
from pgpool_py.client.session_state import NOTHING, PINS
from pgpool_py.errors import PoolerError
from pgpool_py.pooler.context import Context
from pgpool_py.pooler.pins import PoolPins
from pgpool_py.pooler.pool import Pool
from pgwire.classification import Classification, Touch

#: Of a client, the statements that are remembered; of a test, the leaks.
MOST: Final = 64

_SEEN: Final = Touch.PARAMETERS | Touch.LISTEN | PINS
_UNDOES: Final = Touch.RESETS | Touch.UNLISTEN | Touch.GONE


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that a client has left behind.

    Attributes:
        what: in words.
        statement: that did it, without literals; empty where it is not known.
        application_name: of the client; empty if it gave none.
    """

    what: str
    statement: str
    application_name: str

    def __str__(self) -> str:
        by = f"application {self.application_name!r}"
        return f"{self.what}: {self.statement or 'statement not known'} ({by})"


class Leaks:
    """The leaks of all clients since the last `clear`; used in the loop's thread."""

    def __init__(self) -> None:
        self.gone: dict[Leak, None] = {}

    def clear(self) -> None:
        """Forget those of clients that are gone."""
        self.gone.clear()

    def note(self, leaks: list[Leak]) -> None:
        """Keep the leaks of a client that is going, the first ones."""
        for leak in leaks:
            if len(self.gone) < MOST:
                self.gone[leak] = None


class WatchedPins(PoolPins):
    """The pins of a pool, which also remember by which statements they came."""

    __slots__ = ("_leaks", "_notes")

    def __init__(self, context: Context, pool: Pool, leaks: Leaks) -> None:
        super().__init__(context.reactor, pool.settings, context.fingerprint)
        self._leaks = leaks
        self._notes: dict[Pinned, list[tuple[Touch, str]]] = {}

    def judge(
        self, client: Pinned, found: Classification, text: bytes
    ) -> PoolerError | None:
        """Remember it if it may leave something; see PoolPins."""
        error = super().judge(client, found, text)
        if error is None and found.touches & (_SEEN | _UNDOES):
            notes = self._notes.setdefault(client, [])
            notes.append((found.touches, self._fingerprint(text).text))
            del notes[:-MOST]
        return error

    def forget(self, client: Pinned) -> None:
        """Keep what it leaves; see PoolPins."""
        if isinstance(client, ClientSession):
            self._leaks.note(self.of(client))
        self._notes.pop(client, None)
        super().forget(client)

    def of(self, client: ClientSession) -> list[Leak]:
        """Return what the client leaves now."""
        kept = client.touched
        leaks = [] if kept is NOTHING else self._unexamined(client)
        if client.parameters.values != client.startup.values:
            leaks.append(self._leak(client, "SET", Touch.PARAMETERS))
        if client.listening is not None and client.listening.own:
            leaks.append(self._leak(client, "LISTEN", Touch.LISTEN))
        leaks += [self._leak(client, what, PINS) for what in client.holdings]
        return leaks

    def _unexamined(self, client: ClientSession) -> list[Leak]:
        """Go by the words: the client has left before PostgreSQL could be asked."""
        left: dict[Touch, str] = {}
        for touches, text in self._notes.get(client, ()):
            if touches & Touch.RESETS and not touches & Touch.PARAMETERS:
                left.pop(Touch.PARAMETERS, None)
            if touches & Touch.UNLISTEN:
                left.pop(Touch.LISTEN, None)
            if touches & Touch.GONE:
                left = {k: v for k, v in left.items() if not k & PINS}
            if "on commit drop" in text.lower():
                continue
            left |= {kind: text for kind in _WORDS if touches & kind}
        name = name_of(client)
        return [Leak(_WORDS[kind], text, name) for kind, text in left.items()]

    def _leak(self, client: ClientSession, what: str, kind: Touch) -> Leak:
        notes = self._notes.get(client, [])
        text = next((t for touches, t in reversed(notes) if touches & kind), "")
        return Leak(what, text, name_of(client))


def name_of(client: ClientSession) -> str:
    """Return the application's name, empty if it has none."""
    return client.startup.values.get("application_name", "")


# In the words of an examination, where that has such.
_WORDS: Final = {
    Touch.PARAMETERS: "SET",
    Touch.LISTEN: "LISTEN",
    Touch.LOCKS: "advisory lock",
    Touch.TEMPORARY: "temporary object",
    Touch.CURSORS: "cursor with hold",
    Touch.LASTING: "library, setseed or currval",
}
