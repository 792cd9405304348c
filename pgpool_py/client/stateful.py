"""A client whose session state is kept: it is told what it may touch, and what is left.

a statement is sent ──► judged: noted, or refused
its transaction ends ──► nothing touched: the server goes back
└─► examined ──► what travels is the client's from now on
└─► something cannot travel: pinned
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import Final

from pgpool_py.errors import PoolerError
from pgpool_py.log import Fact
from pgpool_py.net.stream import Stream
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.examination import Findings
from pgpool_py.server.parameters import ParameterSet, makes_temporary
from pgpool_py.settings import PoolMode, PoolSettings, SessionStatePolicy
from pgwire.backend import ParameterStatus
from pgwire.classification import Classification, Touch
from pgwire.names_in_text import NAMES
from pgwire.requests import Requests
from pgwire.statement import SqlStatement

from .identity import ClientIdentity
from .lender import Lender
from .listening import Listening
from .regulated import Regulated
from .session_state import EVERYTHING, HEARD, NOTHING, Touched
from .telling import noticed, told
from .timing import Timing

UNKNOWN_STATE: Final = "unknown session state"
LASTING: Final = "library, setseed or currval"
PARAMETERS: Final = "session parameters"
STATEMENTS: Final = "prepared statement"


class Stateful(Regulated, ABC):
    """See the module's text; :class:`~pgpool_py.client.session.ClientSession` is one.

    Attributes:
        identity: who it is, for people and for cancel requests.
        parameters: its session parameters, as differences from the pool's defaults.
        startup: what these were at its login.
        limits: the limits of its own user; the pool's follow the servers' user.
        touched: what is to be found out when its transaction is over.
        listening: what it listens to, if it ever did.
        restored: parameters of which it knows that they are as at its login again.
        holdings: why its server cannot be another client's, in words.
        waiting: whether what it sends is kept until ``on_linked`` is called.
    """

    __slots__ = (
        "holdings",
        "identity",
        "limits",
        "listening",
        "parameters",
        "restored",
        "startup",
        "touched",
        "waiting",
    )

    def __init__(
        self,
        stream: Stream,
        lender: Lender,
        requests: Requests,
        timing: Timing,
        *,
        identity: ClientIdentity,
        parameters: ParameterSet,
        limits: PoolSettings,
    ) -> None:
        super().__init__(stream, lender, requests, timing)
        self.identity = identity
        self.parameters = self.startup = parameters
        self.limits = limits
        self.touched = NOTHING
        self.restored: frozenset[str] = frozenset()
        self.holdings: tuple[str, ...] = ()
        self.listening: Listening | None = None
        self.waiting = False

    def __str__(self) -> str:
        return str(self.identity)

    def facts(self) -> dict[str, Fact]:
        """Give what is known of it; see Subject."""
        facts = self.identity.facts()
        # What it has set since its login, unless that is the servers' default.
        name = self.parameters.values.get("application_name")
        if name is not None:
            facts["application_name"] = name
        if self.server is not None:
            facts["backend_pid"] = self.server.pid
        return facts

    @property
    def pinned(self) -> tuple[str, ...]:
        """Say why it keeps its server past the transaction; nothing if it does not."""
        if not self.requests.keeps_server or STATEMENTS in self.holdings:
            return self.holdings
        return (*self.holdings, STATEMENTS)

    @property
    def _has_prepared(self) -> bool:
        """Whether it has a statement that its PREPARE has made."""
        statements = self.requests.names.values()
        return any(isinstance(statement, SqlStatement) for statement in statements)

    def _note_channels(self, touched: Touched, findings: Findings | None) -> None:
        if findings is not None and not touched.sets_any:
            # All was seen: what else is listened to is none of its doing.
            own = () if self.listening is None else self.listening.own
            channels = findings.channels.intersection(own)
            findings = replace(findings, channels=channels)
        if self.listening is None and findings is not None and findings.channels:
            # Of a LISTEN that could not be seen.
            self.listening = Listening(self, self.lender)
        if self.listening is not None:
            self.listening.settle(findings)

    def _is_awaited(self, server: ServerConnection) -> bool:
        """Whether something must come before the server takes what the client sends."""
        listening = self.listening
        return (
            bool(server.cancels)
            or server.on_errand
            or (listening is not None and listening.awaits_its_own)
        )

    def _forget_state(self) -> None:
        """Let go of what is kept for it elsewhere: it is gone."""
        # It may be in the middle of being found out that it holds nothing.
        self.lender.pins.forget(self)
        listening, self.listening = self.listening, None
        if listening is not None:
            listening.end()

    @abstractmethod
    def look_at_end(self) -> None:
        """Have the end of the transaction looked at, whatever it brings."""

    @abstractmethod
    def on_linked(self, server: ServerConnection) -> None:
        """Send what is pending; see :class:`~pgpool_py.client.lender.Borrower`."""

    @abstractmethod
    def on_answered(self, server: ServerConnection) -> None:
        """All that was sent is answered; see Owner."""

    @abstractmethod
    def close(self, reason: Reason, error: PoolerError | None = None) -> None:
        """Close, with an error for the client if there is one; once."""

    def look_at_path(self) -> None:
        """Keep a server if what it creates is temporary by the path of its login."""
        kept = self.limits.session_state is not SessionStatePolicy.IGNORE
        if kept and makes_temporary(self.parameters.values):
            self.touched = Touched(lasting=True)
            self.look_at_end()

    @property
    def leaves_state(self) -> bool:
        """Whether its server has something that is not to be the next client's."""
        return (
            self.touched is not NOTHING
            or bool(self.holdings)
            or self.requests.leaves_state
        )

    @property
    def reads_otherwise(self) -> bool:
        """Whether parameters by which statements are read may have changed."""
        return self.touched.reading

    def on_notice(self, text: str) -> None:
        """Tell the client; see :class:`~pgpool_py.client.lender.Borrower`."""
        self.stream.write(noticed(text))

    def holds(self, found: Classification) -> bool:
        """Whether this is not to be sent yet; see Watch."""
        if self.lender.settings.pool_mode is PoolMode.SESSION:
            return False
        if self.listening is None:
            if not found.touches & Touch.LISTEN:
                return False
            self.listening = Listening(self, self.lender)
        return self.listening.holds(found)

    def judge(self, found: Classification, text: bytes) -> bytes | None:
        """Take note of what is sent, or refuse it; see Watch."""
        pins_all = self.limits.session_state is SessionStatePolicy.PIN
        if not found.touches & ~NAMES and not self.holdings and not pins_all:
            # It travels, and what became of it PostgreSQL tells by itself.
            return None
        if pins_all and found.touches & Touch.UNREAD:
            found = replace(found, touches=found.touches | Touch.LASTING)
        listening = self.listening
        if self.lender.settings.pool_mode is not PoolMode.SESSION:
            error = None if listening is None else listening.refusal(found)
            error = error or self.lender.pins.judge(self, found, text)
            if error is not None:
                self.identity.note_error(error, self)
                return told(error)
            if listening is not None and found.touches & HEARD:
                listening.note(found)
            self._mark(found.touches)
        touched = self.touched
        if touched is NOTHING and UNKNOWN_STATE in self.holdings:
            touched = EVERYTHING
        self.touched = touched.and_then(
            found,
            pinned=pins_all or bool(self.holdings),
            listening=listening is not None,
        )
        return None

    def _mark(self, touches: Touch) -> None:
        """Have its server cleared of what no examination finds, before it is lent."""
        server = self.server
        if server is not None and touches & (Touch.UNREAD | Touch.REMAINING):
            server.must_reset = True
            server.must_close = server.must_close or bool(touches & Touch.REMAINING)

    def on_parameters_set(self, parameters: ParameterSet) -> None:
        """A server has them, as it spells them; see Borrower."""
        if self.startup is self.parameters:
            self.startup = parameters
        self.parameters = parameters

    def _follow(self, name: str, server: ServerConnection) -> bytes | None:
        """Take over what was reported; give what the client is told instead.

        What was reset is the server's default, where the client has a value of its own.
        """
        before, self.parameters = self.parameters, server.parameters
        lower = name.lower()
        own = self.startup.values.get(lower)
        is_default = lower not in server.parameters.values
        if own is None or not is_default or not self.touched.is_reset(lower):
            return None
        if self.touched.sets_any or lower in self.touched.sets:
            # It may have been set to the default.
            return None
        self.restored |= {lower}
        if before.values.get(lower) == own:
            # Nothing has changed for the client.
            return b""
        return ParameterStatus(name, own).encode()

    def _look_for_statements(self) -> None:
        """Have PostgreSQL tell what a text whose end has failed did to its names."""
        if self.requests.names_in_doubt:
            self.touched = replace(self.touched, holdings=True, statements=True)

    def _must_close(self) -> bool:
        """Settle whether it keeps its server, or end it if it holds too much."""
        excess = self._excess()
        if excess is not None:
            self.waiting = False
            self.close(*excess)
        self.requests.ties = bool(self.pinned)
        return excess is not None

    def _excess(self) -> tuple[Reason, PoolerError] | None:
        """Say what it has more of than it may, which was not seen in time to refuse."""
        listening = self.listening
        if listening is not None and (error := listening.excess) is not None:
            return Reason.TOO_MANY_CHANNELS, error
        error = self.lender.pins.settle(self)
        # Where none is to travel, each statement pins.
        allowed = not self.lender.statements.limit and self.holdings == (STATEMENTS,)
        return None if error is None or allowed else (Reason.TOO_MANY_PINNED, error)

    def _is_examined(self, server: ServerConnection) -> bool:
        """Whether what it has touched can be, and has to be, found out now."""
        in_session = self.lender.settings.pool_mode is PoolMode.SESSION
        return server.ledger.settled and not (in_session or self.requests.half_sent)

    def on_examined(
        self, touched: Touched, findings: Findings | None, parameters: ParameterSet
    ) -> None:
        """Take note of what was found out.

        Args:
            touched: what was asked for.
            findings: what PostgreSQL says; None if it could not be made to tell.
            parameters: the client's from now on.
        """
        self.touched = NOTHING
        self.restored = frozenset()
        self.parameters = parameters
        if touched.reading:
            self.requests.reread(parameters.parsing)
        if touched.listens:
            self._note_channels(touched, findings)
        held = [what for what in self.holdings if what != PARAMETERS]
        lasting = [what for what in held if what == LASTING]
        if findings is None:
            self.requests.note_there(None, others=False)
            held = [UNKNOWN_STATE, *lasting]
        elif touched.holdings:
            found = STATEMENTS in findings.holdings
            self.requests.note_there(findings.statements, others=found)
            self.requests.note_strays(found=found)
            held = [*findings.holdings, *lasting]
        lasts = touched.lasting or makes_temporary(parameters.values)
        if lasts and LASTING not in held:
            held.append(LASTING)
        pins_all = self.limits.session_state is SessionStatePolicy.PIN
        if pins_all and parameters is not self.startup:
            held.append(PARAMETERS)
        if pins_all and self._has_prepared and STATEMENTS not in held:
            held.append(STATEMENTS)
        if held and not self.holdings:
            self.lender.counters.pin_count += 1
        self.holdings = tuple(held)
