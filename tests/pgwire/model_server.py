"""A small PostgreSQL: reads requests in order by its rules, says what it would say.

What a request leads to is part of the request, so that a test can choose it. Rules from
``tcop/postgres.c`` (``PostgresMain``, ``SocketBackend``) and ``CopyGetData`` in
``commands/copyfromparse.c``; each was looked at on PostgreSQL 15 with raw sockets.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

from .replies import (
    BOUND,
    CLOSED,
    COLUMNS,
    COPY_DONE,
    COPY_IN,
    COPY_OUT,
    EMPTY,
    ERROR,
    NO_DATA,
    NOTICE,
    NOTIFICATION,
    PARAMETER,
    PARAMETERS,
    PARSED,
    SUSPENDED,
    VALUE,
    data,
    done,
    message,
    row,
)


class Outcome(Enum):
    """What a request leads to."""

    GOOD = "good"
    FAILS = "fails"
    # Of a Query.
    BEGINS = "begins"
    ENDS = "ends"
    # Of a Query or an Execute.
    EMPTY = "empty"
    COPIES_OUT = "copies out"
    COPIES_IN = "copies in"
    FAILS_BEFORE_DATA = "fails before data"
    # Of an Execute.
    SUSPENDS = "suspends"
    # Of a Describe.
    DESCRIBES_STATEMENT = "describes a statement"


@dataclass(frozen=True, slots=True)
class Request:
    """A message: its type letter, who sent it, what comes of it and in between."""

    kind: str
    outcome: Outcome = Outcome.GOOD
    ours: bool = False
    aside: str = ""


COMPLETIONS = {"P": PARSED, "B": BOUND, "C": CLOSED}
ASIDES = {"N": NOTICE, "S": PARAMETER}
ROWS = row() + row(b"22")


@dataclass
class ModelServer:
    """What came and is not read, what is said and by whom, and the state between."""

    inbox: deque[Request] = field(default_factory=deque)
    said: deque[tuple[bytes, bool]] = field(default_factory=deque)
    status: str = "I"
    # Work of extended messages that no Sync has ended, thrown away or not.
    dirty: bool = False
    skips: bool = False
    copies: Request | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is begun, and nothing unread would be answered."""
        unread = any(request.kind not in "Hdcf" for request in self.inbox)
        return not (unread or self.dirty or self.copies) and self.status == "I"

    def read(self) -> None:
        """Read one request and say what it leads to."""
        request = self.inbox.popleft()
        if self.copies is not None:
            self._read_in_copy(self.copies, request)
        elif request.kind == "S":
            self.skips = False
            self._end(request)
        elif not self.skips and request.kind not in "Hdcf":
            self.dirty = self.dirty or request.kind in "PBDEC"
            for aside in request.aside:
                self._aside(aside, request)
            self._answer(request)

    def _aside(self, aside: str, request: Request) -> None:
        if aside == "A":
            self.said.append((NOTIFICATION, True))
        else:
            self._say(ASIDES[aside], request)

    def _say(self, reply: bytes, request: Request) -> None:
        self.said.append((reply, not request.ours))

    def _read_in_copy(self, copy: Request, request: Request) -> None:
        if request.kind in "SH":
            return
        assert request.kind in "dcf", "PostgreSQL would end the connection"
        if request.kind == "f" or request.outcome is Outcome.FAILS:
            self.copies = None
            self._fail(copy)
        elif request.kind == "c":
            self.copies = None
            self._say(done(b"COPY 1"), copy)
            if copy.kind == "Q":
                self._end(copy)

    def _answer(self, request: Request) -> None:
        if request.outcome is Outcome.FAILS and request.kind != "D":
            if request.kind in "QE":
                self._say((COLUMNS if request.kind == "Q" else b"") + ROWS, request)
            self._fail(request)
        elif request.outcome is Outcome.FAILS:
            self._say(PARAMETERS, request)
            self._fail(request)
        elif request.kind in COMPLETIONS:
            self._say(COMPLETIONS[request.kind], request)
        elif request.kind == "D":
            statement = request.outcome is Outcome.DESCRIBES_STATEMENT
            self._say(PARAMETERS + COLUMNS if statement else NO_DATA, request)
        elif request.kind == "F":
            self._say(VALUE, request)
            self._end(request)
        else:
            self._run(request)

    def _run(self, request: Request) -> None:
        """Run the statement of a Query or an Execute."""
        columns = COLUMNS if request.kind == "Q" else b""
        match request.outcome:
            case Outcome.COPIES_IN | Outcome.FAILS_BEFORE_DATA:
                self._say(COPY_IN, request)
                if request.outcome is Outcome.COPIES_IN:
                    self.copies = request
                else:
                    self._fail(request)
                return
            case Outcome.COPIES_OUT:
                self._say(COPY_OUT + data() + COPY_DONE + done(b"COPY 1"), request)
            case Outcome.EMPTY:
                self._say(EMPTY, request)
            case Outcome.SUSPENDS:
                self._say(ROWS + SUSPENDED, request)
            case Outcome.BEGINS:
                self.status = "T" if self.status == "I" else self.status
                self._say(done(b"BEGIN"), request)
            case Outcome.ENDS:
                self.status = "I"
                self._say(done(b"DISCARD ALL"), request)
            case _:
                self._say(columns + ROWS + done(b"SELECT 2"), request)
        if request.kind == "Q":
            self._end(request)

    def _fail(self, request: Request) -> None:
        self.status = "I" if self.status == "I" else "E"
        shown = not request.ours
        if request.kind in "QFS":
            self.said.append((ERROR, shown))
            self._end(request)
            return
        for behind in self.inbox:
            shown = shown or not behind.ours
            if behind.kind == "S":
                break
        self.said.append((ERROR, shown))
        self.skips = True

    def _end(self, request: Request) -> None:
        if request.kind == "S" and request.outcome is Outcome.FAILS:
            # A deferred constraint.
            self.status = "I" if self.status == "I" else "E"
            self._say(ERROR, request)
        self.dirty = False
        self._say(message("Z", self.status.encode()), request)
