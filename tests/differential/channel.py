"""The connection of one client: never blocks, reads while others write."""

import socket
from collections.abc import Sequence

from pgpool_py.testing import closing
from pgwire._message import FrontendMessage
from pgwire.startup import StartupMessage
from tests.fixtures.waiting import PATIENCE
from tests.integration.wire import Message

from .comparison import Mismatch, difference_at
from .outstanding import IllegalConversationError, Outstanding
from .session import may_pin
from .streams import Transcript, comparable_login, notified, split
from .tolerance import chains, ends_transaction, may_end_listening, unsaid

_CHUNK = 1 << 18
_VIOLATION = "08P01"
_TERMINATE = "0x58"


class Channel:
    """A connection that is logged in when the constructor returns.

    Attributes:
        socket: not blocking.
        transcript: what was said to the client.
        expected: what should be said; the first difference raises `Mismatch`.
        outstanding: how much of what was sent is answered.
        at_end: whether the other side has ended the connection.
        may_be_pinned: whether something was sent that may pin a server to its client.
    """

    def __init__(self, host: str, port: int, database: str, user: str) -> None:
        self.socket = socket.create_connection((host, port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = bytearray()
        self._output = bytearray()
        self._held = b""
        self._unsent: tuple[FrontendMessage, ...] = ()
        self.at_end = False
        startup = StartupMessage(0, {"user": user, "database": database})
        self.socket.sendall(startup.encode())
        self._login = comparable_login(self.read_to("Z"))
        self.begin(None)

    def begin(self, expected: Transcript | None) -> None:
        """Begin to be a client of a conversation."""
        self.socket.setblocking(False)
        self.transcript = Transcript(self._login)
        self.expected = expected
        self.outstanding = Outstanding()
        # Whether the transaction that is open may have an UNLISTEN.
        self._unlistened = False
        self.may_be_pinned = False

    # Out

    def send(self, data: bytes) -> None:
        """Send now or as soon as the other side takes more."""
        self._output += data
        self.on_writable()

    def on_writable(self) -> None:
        """Send what can be sent."""
        while self._output:
            try:
                sent = self.socket.send(self._output)
            except BlockingIOError:
                return
            except OSError:
                # The other side is gone: reading tells.
                self._output.clear()
                return
            del self._output[:sent]

    @property
    def has_output(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._output)

    def hold_back(self, data: bytes, last: FrontendMessage) -> None:
        """Keep the tail of a message until `release`."""
        self._held = data
        self._unsent = (last,)

    def release(self) -> bytes:
        """Return the tail that was kept; from now on its message counts as sent."""
        held, self._held = self._held, b""
        self.note_sent(self._unsent)
        self._unsent = ()
        return held

    @property
    def is_cut(self) -> bool:
        """Whether a message was sent in part."""
        return bool(self._held)

    def note_sent(self, messages: Sequence[FrontendMessage]) -> None:
        """Take down what replies are to come to."""
        for message in messages:
            self.outstanding.sent(message)
            if may_end_listening(message):
                self.transcript.hears_all = False
                self._unlistened = True
            elif chains(message):
                self.transcript.hears_more |= self._unlistened
            elif ends_transaction(message):
                self._unlistened = False
            if may_pin(message):
                self.may_be_pinned = True

    # In

    def on_readable(self) -> None:
        """Read once, and take down whole messages.

        Raises `Mismatch` where they are not the expected ones.
        """
        try:
            data = self.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.at_end = True
            return
        self._input += data
        for message in split(self._input):
            self._take(message)

    def _take(self, message: Message) -> None:
        transcript = self.transcript
        if message.kind == "A":
            transcript.notifications.append(notified(message))
            return
        if message.kind == "E" and self.expected is not None:
            wanted = self.expected.messages[len(transcript.messages) :]
            transcript.messages += unsaid(wanted, message) or [message]
        else:
            transcript.messages.append(message)
        if self.expected is not None and difference_at(self.expected, transcript):
            raise Mismatch
        if transcript.complete:
            if self.expected is None:
                _check_farewell(message)
            return
        before = self.outstanding.answered
        self.outstanding.received(message)
        if not before and self.outstanding.answered:
            transcript.certain = len(transcript.messages)

    def read_to(self, kind: str) -> list[Message]:
        """Wait for a message of this type; return all up to it, for nobody else.

        Raises EOFError, and TimeoutError for a wait that is too long.
        """
        self.socket.settimeout(PATIENCE)
        found = split(self._input)
        while not any(message.kind == kind for message in found):
            data = self.socket.recv(_CHUNK)
            if not data:
                raise EOFError(found)
            self._input += data
            found += split(self._input)
        return found

    # End

    def close(self) -> None:
        """Close in an orderly way (FIN)."""
        self.socket.close()

    def reset(self) -> None:
        """Close as the kernel does for a process that was killed (RST)."""
        closing.reset(self.socket)


def _check_farewell(message: Message) -> None:
    """Raise IllegalConversationError unless a good-bye was answered as it may be.

    In copy-in, PostgreSQL complains of Terminate; it must not of anything else.
    """
    violation = message.kind == "E" and message.error.sqlstate == _VIOLATION
    if violation and message.error.severity == "ERROR":
        text = message.error.message
        if _TERMINATE not in text:
            raise IllegalConversationError(text)
