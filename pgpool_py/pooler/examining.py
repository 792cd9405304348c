"""Finding out what a client has left behind in its session, before the server goes on.

Everything is answered, and no transaction is open: PostgreSQL tells what there is.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from pgpool_py import errors
from pgpool_py.client.lender import Examined
from pgpool_py.client.session_state import Touched
from pgpool_py.reasons import Reason
from pgpool_py.server.answers import MOST_BYTES, Answers
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.errand import Errand
from pgpool_py.server.examination import (
    HIDDEN,
    Findings,
    Questions,
    UnknownStateError,
    ask,
    read,
)
from pgpool_py.server.having import have
from pgpool_py.sql.setting import OF_TRANSACTION
from pgwire.backend import ParameterStatus
from pgwire.diagnostics import ErrorResponse
from pgwire.requests import written_down

from .aftercare import Aftercare, notifies
from .context import Context
from .staffing import Staffing

# What one client may have set; PostgreSQL itself has some 400 parameters.
MOST_PARAMETERS: Final = 500

# A cancel that comes late may hit the first, or the session's statement_timeout.
_MOST_TRIES: Final = 2


class Examining:
    """Examines the servers of one pool, which log in as ``user``."""

    __slots__ = ("_aftercare", "_context", "_defaults", "_staffing", "_user")

    def __init__(
        self,
        context: Context,
        user: str,
        staffing: Staffing,
        aftercare: Aftercare,
    ) -> None:
        self._context = context
        self._staffing = staffing
        self._defaults = staffing.defaults
        self._aftercare = aftercare
        self._user = user

    def examine(self, server: ServerConnection, client: Examined) -> bool:
        """Find out what a client has changed.

        Returns:
            Whether it is known now. If not, its ``on_answered`` is called later.
        """
        touched = client.touched
        statements = server.ledger.statements
        if touched.reading:
            statements.on_reading_changed(statements.issued)
        questions = touched.questions(server.parameters, self._defaults)
        if questions.nothing:
            self.conclude(server, client, touched, Findings({}, None, ()))
            return True
        Examination(self, server, client, questions).begin()
        return False

    @property
    def limit(self) -> float:
        """Give the seconds that an examination may take."""
        return self._context.settings.server_drain_timeout

    def give_up(self, server: ServerConnection) -> None:
        """Look after a server whose client left meanwhile."""
        self._aftercare.on_abandoned_answered(server)

    def conclude(
        self,
        server: ServerConnection,
        client: Examined,
        touched: Touched,
        findings: Findings | None,
    ) -> None:
        """Take note of what is known now, for the server and its client."""
        if findings is None:
            client.on_examined(touched, None, server.parameters)
            return
        server.ledger.notifies = notifies(self._aftercare.settings)
        values = self._values(dict(server.parameters.values), touched, findings)
        # Who asked for all has made the session its own again.
        asked_all = findings.session is not None
        if _are_too_many(values):
            parameters = server.parameters
            if asked_all:
                left = _without_user(parameters.values)
                have(server, self._context.book.of(left))
                users = {name: values[name] for name in HIDDEN if name in values}
                parameters = self._context.book.of(left | users)
            client.on_examined(touched, None, parameters)
            return
        left = _without_user(values) if asked_all else values
        have(server, self._context.book.of(left))
        for name in findings.renamed:
            # Of what nobody has seen it made, it may be another text.
            server.ledger.statements.doubt(name)
        # What the session has all the same was set behind the reset, to the default.
        kept = findings.session or ()
        back = {
            name: value
            for name, value in client.startup.values.items()
            if touched.is_reset(name) and name not in values and name not in kept
        }
        self._tell(client, back)
        parameters = self._context.book.of(values | back)
        client.on_examined(touched, findings, parameters)

    def _tell(self, client: Examined, values: Mapping[str, str]) -> None:
        """Report values that are a client's again, and were the server's default."""
        for name in self._staffing.welcome or ():
            value = values.get(name.lower())
            if value is not None and name.lower() not in client.restored:
                client.deliver(memoryview(ParameterStatus(name, value).encode()))

    def _values(
        self, before: dict[str, str], touched: Touched, findings: Findings
    ) -> dict[str, str]:
        values = before
        if findings.session is not None:
            # What is reported is known, and of its default no view tells.
            values = {n: v for n, v in before.items() if n in self._defaults}
            values |= {
                name: value
                for name, value in findings.session.items()
                if name not in self._defaults and name not in OF_TRANSACTION
            }
        for name, value in findings.parameters.items():
            if self._is_default(name, value, touched):
                values.pop(name, None)
            elif value is not None:
                values[name] = value
        return values

    def _is_default(self, name: str, value: str | None, touched: Touched) -> bool:
        if name == "role":
            return value == "none"
        if name == "session_authorization":
            return value == self._user
        # PostgreSQL does not forget a parameter with a dot: it is empty from then on.
        return value is None or (not value and touched.is_reset(name))


def _without_user(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name not in HIDDEN}


def _are_too_many(values: Mapping[str, str]) -> bool:
    """Whether these are more than are taken from server to server for one client."""
    size = sum(len(name) + len(value) for name, value in values.items())
    return len(values) > MOST_PARAMETERS or size > MOST_BYTES


class Examination:
    """One examination of one server."""

    __slots__ = ("_answers", "_client", "_examining", "_questions", "_server", "_tries")

    def __init__(
        self,
        examining: Examining,
        server: ServerConnection,
        client: Examined,
        questions: Questions,
    ) -> None:
        self._examining = examining
        self._server = server
        self._client = client
        self._questions = questions
        self._tries = 0
        self._answers = Answers(client, examining.limit)

    def begin(self) -> None:
        """Ask."""
        self._tries += 1
        server = self._server
        if server.stream.paused:
            # For its client is slow to read, which is not to be waited for.
            server.stream.resume()
        limit = self._examining.limit
        self._answers = server.owner = Answers(self._client, limit)
        book = self._client.lender.statements
        data = written_down(ask(self._questions), book, server.ledger)
        errand = Errand(self._answered, limit, Reason.EXAMINATION_FAILED)
        server.begin(errand, data)

    def _answered(self, server: ServerConnection, told: ErrorResponse | None) -> None:
        del told  # It is among the replies.
        client, examining = self._client, self._examining
        if server.owner is None:
            examining.give_up(server)
            return
        findings = None
        try:
            findings = read(self._answers.replies, self._questions)
        except UnknownStateError:
            if self._answers.overflown and self._questions.all_parameters:
                # It is the server's own user's session again; whose it was is lost.
                server.owner = client
                error = errors.too_much_state(MOST_BYTES)
                client.close(Reason.EXAMINATION_FAILED, error)
                return
            if self._tries < _MOST_TRIES:
                self._questions = replace(self._questions, untimed=True)
                self.begin()
                return
        server.owner = client
        examining.conclude(server, client, client.touched, findings)
        client.on_answered(server)
