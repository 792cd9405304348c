"""A client from ``accept`` to the end of its authentication.

startup   waits for a startup packet, or for the beginning of TLS
securing  a TLS handshake goes on; then startup once more, encrypted
held      waits for us: its secret is looked up, or a slow check is not its turn yet
password  waits for the answers to our authentication requests
entering  has proved itself; the entry has the stream
closed
"""

import logging
import ssl
import time
from collections.abc import Callable
from enum import Enum, auto
from functools import partial
from typing import Final

from pgpool_py import errors
from pgpool_py.auth.rules import Certificate
from pgpool_py.errors import PoolerError
from pgpool_py.log import Fact, about
from pgpool_py.net.handshake import Handshake
from pgpool_py.net.securing import secure
from pgpool_py.net.stream import Stream
from pgpool_py.net.tls import TlsStream
from pgpool_py.reasons import Reason
from pgwire.client_login import ClientLogin
from pgwire.errors import AuthenticationFailed, ProtocolError, ProtocolViolation
from pgwire.framing import HEADER_SIZE, message_end
from pgwire.startup import (
    CancelRequest,
    GSSENCRequest,
    SSLRequest,
    StartupMessage,
    negotiate,
    parse_startup,
    startup_length,
)

from .certificate import certificate_of
from .door import Door, Entry, Visitor, claims
from .repeats import Repeated
from .telling import told

_log = logging.getLogger(__name__)

# A password may have 65 530 bytes.
MOST_UNREAD: Final = 70_000
_READ_SIZE: Final = 8192
_NO: Final = b"N"
_YES: Final = b"S"
# The content type of a TLS record that begins a handshake (RFC 8446 section 5.1). As
# the first byte of a startup packet it would be a length of 352 MiB.
_HANDSHAKE: Final = b"\x16"


class _Phase(Enum):
    STARTUP = auto()
    SECURING = auto()
    HELD = auto()
    PASSWORD = auto()
    ENTERING = auto()
    CLOSED = auto()


class Arrival:
    """See the module's text. Once it is entering, the entry owns the stream."""

    __slots__ = (
        "_buffer",
        "_door",
        "_entry",
        "_handshake",
        "_login",
        "_phase",
        "_scratch",
        "_startup",
        "_stream",
        "visitor",
    )

    def __init__(self, door: Door, visitor: Visitor) -> None:
        self._door = door
        self._scratch = door.scratch
        self._buffer = bytearray()
        self._phase = _Phase.STARTUP
        self._entry: Entry | None = None
        self._login: ClientLogin | None = None
        self._stream: Stream | None = None
        self._handshake: Handshake | None = None
        self._startup: StartupMessage | None = None
        self.visitor = visitor

    def __str__(self) -> str:
        if self._startup is None:
            return str(self.visitor)
        number, startup = self.visitor.number, self._startup
        where = f"{self.visitor.address}:{self.visitor.port}"
        return f"C-0x{number:x}: {startup.database}/{startup.user}@{where}"

    def facts(self) -> dict[str, Fact]:
        """Give what is known of it; see Subject."""
        return {**self.visitor.facts(), **claims(self._startup)}

    def begin(self, stream: Stream) -> None:
        """Read at once: mostly its packet is there; later on the stream calls."""
        self._stream = stream
        try:
            self.on_readable()
        except Exception as error:
            # As the reactor does, which calls it from now on.
            stream.on_fault(error)
            raise

    @property
    def encryption(self) -> str:
        """Give protocol and cipher of TLS, empty if there is none."""
        return "" if self._stream is None else self._stream.encryption

    @property
    def certificate(self) -> Certificate | None:
        """Give the names of its certificate, if it has one that was verified."""
        return None if self._stream is None else certificate_of(self._stream)

    @property
    def entering(self) -> bool:
        """Whether it has proved itself and waits for a server."""
        return self._phase is _Phase.ENTERING

    def on_readable(self) -> None:
        """Read once; who goes without a word, as probes do, is no line in the log."""
        stream = self._stream
        if stream is None:
            return
        scratch = self._scratch
        starts = self._phase is _Phase.STARTUP
        try:
            if starts and self._may_be_direct(stream) and stream.peek() == _HANDSHAKE:
                self._secure(stream, direct=True)
                return
            size = stream.recv_into(scratch.view[:_READ_SIZE])
        except BlockingIOError:
            return
        except OSError:
            size = 0
        if not size:
            self.close(Reason.CLIENT_EOF, quiet=not (self._startup or self._buffer))
            return
        self._buffer += scratch.view[:size]
        self._guarded(self._take)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take a step; refuse the client if it must not be taken."""
        try:
            step()
        except AuthenticationFailed as error:
            self._refuse(
                Reason.AUTHENTICATION_FAILED,
                PoolerError(error.message, error.sqlstate, detail=error.detail),
            )
        except ProtocolError as error:
            self._refuse(
                Reason.CLIENT_PROTOCOL_VIOLATION,
                errors.protocol_violation(error.message, error.detail),
            )
        except PoolerError as error:
            self._refuse(Reason.LOGIN_FAILED, error)

    def _take(self) -> None:
        taken = True
        while self._buffer and taken:
            if self._phase is _Phase.STARTUP:
                taken = self._take_startup()
            elif self._phase is _Phase.PASSWORD:
                taken = self._take_password()
            elif self._phase is _Phase.ENTERING:
                # No client may know what to send before it was told that it is in.
                raise errors.startup_repeated()
            else:
                break
        if self._phase is _Phase.HELD and len(self._buffer) > MOST_UNREAD:
            raise errors.password_too_long(MOST_UNREAD)

    def _take_startup(self) -> bool:
        length = startup_length(bytes(self._buffer[:4]))
        if length is None or len(self._buffer) < length:
            return False
        packet = parse_startup(bytes(self._buffer[:length]))
        del self._buffer[:length]
        match packet:
            case StartupMessage():
                self._begin_login(packet)
            case SSLRequest():
                self._answer_request("SSL", self._tls)
            case GSSENCRequest():
                self._answer_request("GSSAPI encryption", None)
            case CancelRequest():
                self._take_cancel(packet)
        return True

    def _take_cancel(self, request: CancelRequest) -> None:
        stream = self._stream
        if stream is not None and self._door.cancel(request, stream, self.visitor):
            self.arrived()
        else:
            self.close(Reason.CANCEL_REQUEST, quiet=True)

    # Encryption

    @property
    def _tls(self) -> ssl.SSLContext | None:
        context = self._door.tls
        return None if context is None or self.visitor.is_local else context

    def _may_be_direct(self, stream: Stream) -> bool:
        """Whether TLS may begin here without a request: these are its first bytes."""
        return self._tls is not None and not (self._buffer or stream.encryption)

    def _answer_request(self, request: str, context: ssl.SSLContext | None) -> None:
        stream = self._stream
        if stream is None:
            return
        if stream.encryption:
            raise ProtocolViolation(f"{request} asked for on an encrypted connection")
        if self._buffer:
            # It could have been put there by somebody else, to be taken for encrypted.
            raise errors.unencrypted_data(request)
        if context is None:
            stream.write(_NO)
        elif stream.write(_YES):
            self._secure(stream, direct=False)
        else:
            self.close(Reason.TLS_FAILED)

    def _secure(self, stream: Stream, *, direct: bool) -> None:
        context = self._tls
        if context is None:
            return
        self._phase = _Phase.SECURING
        self._stream = None
        try:
            self._handshake = secure(
                stream, context, self, self._on_secured, server_side=True, direct=direct
            )
        except OSError as error:
            self._on_secured(error)

    def _on_secured(self, outcome: TlsStream | OSError) -> None:
        self._handshake = None
        if isinstance(outcome, OSError):
            why = getattr(outcome, "reason", None) or outcome.strerror or str(outcome)
            shown = self.visitor.wishes.repeats.admit(Repeated.FAILED_LOGINS)
            if shown:
                _log.warning("TLS handshake failed: %s", why, extra=about(self))
            self.close(Reason.TLS_FAILED, quiet=not shown)
            return
        self._phase = _Phase.STARTUP
        self._stream = outcome

    # Login

    def _begin_login(self, startup: StartupMessage) -> None:
        self._startup = startup
        if self._stream is None:
            return
        if self._door.requires_tls and not (
            self._stream.encryption or self.visitor.is_local
        ):
            raise errors.tls_required()
        negotiation = negotiate(startup, self._door.newest_minor)
        if negotiation is not None:
            self._stream.write(negotiation)
        self._phase = _Phase.HELD
        self._entry = self._door.open(self, startup)
        self._entry.proof.begin(self._on_login)

    def _on_login(self, outcome: ClientLogin | PoolerError) -> None:
        if self._phase is not _Phase.HELD:
            return
        if isinstance(outcome, PoolerError):
            self._refuse(Reason.LOGIN_FAILED, outcome)
            return
        self._login = outcome
        self._phase = _Phase.PASSWORD
        self._guarded(self._start)

    def _start(self) -> None:
        if self._login is not None:
            self._answer(self._login.start())
            self._take()

    def reconsider(self) -> None:
        """See AtDoor; who has proved itself already is in."""
        if self._entry is None or self._phase not in {_Phase.HELD, _Phase.PASSWORD}:
            return
        error = self._entry.proof.renew()
        if error is not None:
            self.refuse(Reason.DATABASE_CONFIGURATION_CHANGED, error)

    def _go_on(self, step: Callable[[], bytes]) -> None:
        """Answer, and take what has come meanwhile."""
        self._answer(step())
        self._take()

    def _take_password(self) -> bool:
        buffer, login = self._buffer, self._login
        if len(buffer) < HEADER_SIZE or login is None:
            return False
        end = message_end(buffer, 0)
        if end > MOST_UNREAD or end < HEADER_SIZE:
            raise errors.password_too_long(MOST_UNREAD)
        if end > len(buffer):
            return False
        kind, body = buffer[0], bytes(buffer[HEADER_SIZE:end])
        del buffer[:end]
        if login.is_slow:
            self._phase = _Phase.HELD
            step = partial(login.receive, kind, body)
            self._door.take_turn(self, partial(self._check, step))
            return False
        self._answer(login.receive(kind, body))
        return True

    def _check(self, step: Callable[[], bytes]) -> None:
        """Do what was slow; it may have left meanwhile."""
        if self._phase is _Phase.HELD:
            self._phase = _Phase.PASSWORD
            self._guarded(partial(self._go_on, step))

    def _answer(self, data: bytes) -> None:
        stream, entry = self._stream, self._entry
        if stream is None or entry is None:
            return
        if self._login is None or not self._login.done:
            stream.write(data)
            return
        if self._buffer:
            stream.gather(data)
            # Whoever takes the stream over would never see it.
            raise errors.startup_repeated()
        self._phase = _Phase.ENTERING
        entry.enter(stream, data)

    # End

    def _refuse(self, reason: Reason, error: PoolerError) -> None:
        if self._stream is not None:
            self._stream.write(told(error))
        self.visitor.tallies.client_errors.note(error.sqlstate)
        wishes = self.visitor.wishes
        # Whoever has not proved itself must not fill the disk.
        failed = Repeated.FAILED_LOGINS
        shown = self._phase is _Phase.ENTERING or wishes.repeats.admit(failed)
        if wishes.pooler_errors and shown:
            more = wishes.repeats.behind(failed)
            extra = about(self, sqlstate=error.sqlstate)
            _log.warning("pooler error: %s%s", error, more, extra=extra)
        self.close(reason, quiet=not shown)

    def refuse(self, reason: Reason, error: PoolerError) -> None:
        """End from outside, telling the client why: a deadline, a shutdown."""
        if self._phase is not _Phase.CLOSED:
            self._refuse(reason, error)

    def close(self, reason: Reason, *, quiet: bool = False) -> None:
        """End; once."""
        if self._phase is _Phase.CLOSED:
            return
        self._phase = _Phase.CLOSED
        self.visitor.tallies.clients_closed.note(reason)
        if self.visitor.wishes.disconnections and not quiet:
            age = time.time() - self.visitor.connected
            extra = about(self, reason=reason, age=int(age))
            _log.info("closing because: %s (age=%ds)", reason, age, extra=extra)
        if self._handshake is not None:
            self._handshake.cancel()
        if self._stream is not None:
            self._stream.close()
        if self._entry is not None:
            self._entry.proof.drop()
            self._entry.leave()
        self._let_go()

    def arrived(self) -> None:
        """End well: somebody else has the stream now."""
        self._phase = _Phase.CLOSED
        self._let_go()

    def _let_go(self) -> None:
        """Keep nothing that keeps it: the garbage collector is slower than that."""
        self._stream = self._entry = self._login = None
        self._door.on_gone(self)

    def on_drained(self) -> None:
        """Nothing waits for it; called by the stream."""

    def on_fault(self, error: Exception) -> None:  # noqa: ARG002 - reported elsewhere
        """A callback of ours failed; called by the stream."""
        self.close(Reason.INTERNAL_ERROR)
