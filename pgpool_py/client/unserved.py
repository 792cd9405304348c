"""A client whose bytes no server takes: they are looked at, and a server is asked for.

It has none, or waits though it has kept one for its session state: for an examination,
or for a channel to be heard. What it waits with may be cancelled. Then all of the
exchange is dropped, up to a Sync where it is a batch. What of that is still to come is
dropped as it comes, or, with a server, when that would take the client's bytes again.
"""

from abc import ABC, abstractmethod
from typing import Final

from pgpool_py import errors
from pgpool_py.errors import PoolerError
from pgpool_py.reasons import Reason
from pgwire.backend import ReadyForQuery
from pgwire.codes import TransactionStatus
from pgwire.errors import ProtocolViolation
from pgwire.framing import HEADER_SIZE
from pgwire.frontend import Terminate
from pgwire.requests import Verdict

from .sharer import Sharer
from .telling import CANCELED, violated

TERMINATE: Final = Terminate().encode()
READY_IDLE: Final = ReadyForQuery(TransactionStatus.IDLE).encode()


class Unserved(Sharer, ABC):
    """See the module's text; a ClientSession is one.

    Attributes:
        passes_over: whether the rest of a batch that was cancelled is still to come,
            and is not for the server that it has.
    """

    __slots__ = ("passes_over",)

    def consider(self) -> None:
        """Ask for a server, if what is pending needs one."""
        verdict = self._review()
        if verdict is Verdict.CLOSE:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        elif verdict is Verdict.SERVER:
            self._ask()
        self._regulate()

    @abstractmethod
    def _ask(self) -> None:
        """Ask for a server: what is pending needs one."""

    def _says_goodbye(self, view: memoryview) -> bool:
        """Whether the five bytes that came to nothing before them are Terminate."""
        return view[:HEADER_SIZE] == TERMINATE and self.requests.between_messages

    def _review(self) -> Verdict:
        limit = self.lender.buffer_limit
        try:
            while (verdict := self.requests.review(limit)) is Verdict.READY:
                self.passes_over = False
                self.stream.write(READY_IDLE)
        except ProtocolViolation as violation:
            self._violated(violation)
            return Verdict.NOTHING
        return verdict

    def _violated(self, violation: ProtocolViolation) -> None:
        self.close(Reason.CLIENT_PROTOCOL_VIOLATION, violated(violation))

    def refuse_pending(self) -> None:
        """Answer the exchange that waits as cancelled, and go on behind it.

        If there is a server, that is outside any transaction and owes nothing.
        """
        if self.server is not None and self._review() is not Verdict.SERVER:
            return
        synced = self.requests.refuse()
        self.identity.note_error(errors.canceled(), self)
        self.stream.write(CANCELED + (READY_IDLE if synced else b""))
        if self.server is None:
            self.consider()
        else:
            self.passes_over = not synced
            self._regulate()

    def _must_pass_over(self) -> bool:
        """Drop what is here of a batch that was cancelled; tell if more is to come."""
        if self.passes_over and self._review() is Verdict.CLOSE:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        return self.passes_over or self.closed

    def on_refused(self, error: PoolerError, reason: Reason) -> None:
        """Close; see :class:`~pgpool_py.client.lender.Borrower`."""
        self.waiting = False
        self.close(reason, error)
