"""A client that may not use the simple query protocol: ``disable_pqexec``.

A simple Query is answered here, once all in front of it is answered, so that replies
keep their order. No server ever sees one.
"""

from pgpool_py import errors
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgwire.backend import ReadyForQuery
from pgwire.codes import TransactionStatus
from pgwire.requests import Verdict

from .session import ClientSession
from .telling import told


class ExtendedOnlySession(ClientSession):
    """See the module's text."""

    __slots__ = ()

    def _review(self) -> Verdict:
        while (
            verdict := super()._review()
        ) is Verdict.SERVER and self.requests.begins_with_query:
            self._refuse_query(TransactionStatus.IDLE)
            if self.closed:
                return Verdict.NOTHING
        return verdict

    def _forward(self, server: ServerConnection, view: memoryview, end: int) -> None:
        requests = self.requests
        while (at := requests.find_query(view, end)) >= 0:
            rest = memoryview(bytes(view[at:end]))
            if at:
                super()._forward(server, view, at)
                if self.closed:
                    return
            requests.keep(rest)
            if self.server is None:
                if not self.waiting:
                    self.consider()
                return
            server = self.server
            if self.waiting or not self._answer_queries(server):
                return
            pending = requests.take()
            if pending is None:
                return
            view, end = memoryview(pending), len(pending)
        super()._forward(server, view, end)

    def _answer_queries(self, server: ServerConnection) -> bool:
        """Refuse the queries that what is pending begins with; say if all were."""
        ledger = server.ledger
        while self.requests.begins_with_query:
            if ledger.unsynced or ledger.copies_in:
                # What PostgreSQL would make of it could only be guessed.
                self._refuse_to_go_on()
                return False
            if not ledger.answered:
                self.waiting = True
                self._regulate()
                return False
            self._refuse_query(ledger.status)
            if self.closed:
                return False
        self._regulate()
        return True

    def _refuse_query(self, status: int) -> None:
        if self.stream.backlog > self.lender.buffer_limit:
            # An error is longer than a query: they must not pile up unread.
            self._refuse_to_go_on()
            return
        error = errors.pqexec_disallowed()
        self.identity.note_error(error, self)
        self.stream.write(told(error) + ReadyForQuery(status).encode())
        self.requests.refuse()

    def _refuse_to_go_on(self) -> None:
        error = errors.pqexec_disallowed(errors.Severity.FATAL)
        self.close(Reason.PQEXEC_DISALLOWED, error)
