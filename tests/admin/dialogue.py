"""A client of the console: it asks, and reads what comes back message by message."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pgpool_py.admin.console import Console
from pgpool_py.pooler.gatehouse import Gatehouse
from pgwire.backend import (
    CommandComplete,
    DataRow,
    ParameterStatus,
    ReadyForQuery,
    RowDescription,
)
from pgwire.codes import Backend
from pgwire.diagnostics import ErrorResponse, NoticeResponse
from pgwire.framing import HEADER_SIZE, message_end
from pgwire.frontend import Query
from tests.pooler.staging import Stage, identity


def no_reload() -> None:
    """Read nothing anew."""


def no_change(name: str, text: str) -> None:
    """Change no setting."""


@dataclass
class Answer:
    """What came back, taken apart."""

    kinds: str = ""
    columns: list[tuple[str, int, int]] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    errors: list[ErrorResponse] = field(default_factory=list)
    notices: list[NoticeResponse] = field(default_factory=list)
    parameters: list[tuple[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def error(self) -> ErrorResponse:
        """Give the only error; ReadyForQuery follows it."""
        assert self.kinds == "EZ"
        return self.errors[0]

    @property
    def table(self) -> list[dict[str, str | None]]:
        """Give the rows by the names of their columns."""
        names = [name for name, _, _ in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def take(self, kind: int, body: bytes) -> None:
        self.kinds += chr(kind)
        match kind:
            case Backend.ROW_DESCRIPTION:
                fields = RowDescription.decode(body).fields
                self.columns = [
                    (f.name.decode(), f.type_oid, f.type_size) for f in fields
                ]
            case Backend.DATA_ROW:
                values = DataRow.decode(body).values
                self.rows.append(
                    tuple(None if v is None else v.decode() for v in values)
                )
            case Backend.COMMAND_COMPLETE:
                self.tags.append(CommandComplete.decode(body).tag.decode())
            case Backend.ERROR_RESPONSE:
                self.errors.append(ErrorResponse.decode(body))
            case Backend.NOTICE_RESPONSE:
                self.notices.append(NoticeResponse.decode(body))
            case Backend.PARAMETER_STATUS:
                found = ParameterStatus.decode(body)
                self.parameters.append((found.name, found.value))
            case Backend.READY_FOR_QUERY:
                self.statuses.append(ReadyForQuery.decode(body).status)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode()


class Dialogue:
    """One console session on a stage, as the gatehouse opens it."""

    def __init__(self, stage: Stage, console: Console, *, admin: bool) -> None:
        self.stage = stage
        self.stream, self.socket = stage.stream()
        self.socket.setblocking(False)
        self.identity = identity(next(stage.numbers), "pgbouncer", "root")
        self.house: Gatehouse = stage.pooler.gatehouse
        self.ends: list[int] = []
        self.session = console(
            self.stream, self.identity, admin=admin, on_closed=self._on_closed
        )
        self.house.consoles[self.identity.pid] = self.session

    def _on_closed(self) -> None:
        self.ends.append(self.identity.pid)
        del self.house.consoles[self.identity.pid]

    def send(self, data: bytes) -> None:
        """Send bytes, and let the session read once."""
        self.socket.sendall(data)
        self.stream.on_readable()

    def receive(self) -> bytes:
        """Take all that has come."""
        parts = []
        while True:
            try:
                part = self.socket.recv(1 << 20)
            except BlockingIOError:
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def answer(self) -> Answer:
        """Take all that has come apart."""
        return taken_apart(self.receive())

    def ask(self, text: str) -> Answer:
        """Send a Query, and take the answer apart."""
        self.send(Query(text.encode()).encode())
        return self.answer()

    @property
    def at_end(self) -> bool:
        """Whether the console has closed the connection, all else being read."""
        try:
            return self.socket.recv(1) == b""
        except BlockingIOError:
            return False


def taken_apart(data: bytes) -> Answer:
    """Take messages apart; all are whole."""
    found = Answer()
    position = 0
    while position < len(data):
        end = message_end(data, position)
        assert end <= len(data)
        found.take(data[position], data[position + HEADER_SIZE : end])
        position = end
    return found


def attached(
    stage: Stage,
    reload: Callable[[], None] = no_reload,
    change: Callable[[str, str], None] = no_change,
) -> Console:
    """Give a console for the pooler on the stage."""
    console = Console(reload, change)
    console.attach(stage.pooler)
    return console


def opened(stage: Stage, *, admin: bool = True) -> Dialogue:
    """Give a dialogue that has been greeted."""
    dialogue = Dialogue(stage, attached(stage), admin=admin)
    dialogue.receive()
    return dialogue
