"""Whether what a statement calls may be run twice, by what one pool's database says.

It is asked on a server that is idle, and goes back as if it had been so all along. A
function that is made, or becomes volatile, is seen INTERVAL later at the latest if
servers are idle by then; a pool that did nothing meanwhile asks nothing.
"""

import logging
import math
from collections.abc import Callable
from typing import Final, Protocol

from pgpool_py.client.lender import Borrower
from pgpool_py.log import about
from pgpool_py.pool.books import Books
from pgpool_py.reasons import Reason
from pgpool_py.server.answers import OwnAnswers
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.errand import Errand
from pgpool_py.server.state import ServerState
from pgpool_py.server.volatile import (
    ASK,
    MOST_BYTES,
    MOST_NAMES,
    UnknownFunctionsError,
    read,
)
from pgpool_py.settings import PoolMode, PoolSettings
from pgwire.diagnostics import ErrorResponse
from pgwire.requests import written_down

from .context import Context

_log = logging.getLogger(__name__)

#: Seconds between two questions.
INTERVAL: Final = 60.0
_TOO_MANY: Final = (
    "more than %d volatile functions: what calls any function may not be run twice"
)


class Home(Protocol):
    """The pool whose servers are asked.

    Attributes:
        books: servers and waiters.
        settings: in force.
        paused: whether no server is lent.
    """

    books: Books[ServerConnection, Borrower]
    settings: PoolSettings
    paused: bool


class Functions:
    """Those of one pool; see the module's text.

    Attributes:
        wanted: whether anybody is going to ask ``allows``; else no server is asked.
    """

    __slots__ = (
        "_asked",
        "_context",
        "_home",
        "_shelve",
        "_too_many",
        "_volatile",
        "wanted",
    )

    def __init__(
        self,
        context: Context,
        home: Home,
        shelve: Callable[[ServerConnection], None],
    ) -> None:
        self._context = context
        self._home = home
        self._shelve = shelve
        self._asked = -math.inf
        self._volatile: frozenset[bytes] | None = None
        self._too_many = False
        self.wanted = False

    def allows(self, names: frozenset[bytes]) -> bool:
        """Say whether functions with these names may be run twice.

        Args:
            names: as ``sql.rerunnable`` gives them: all that pg_catalog has by these
                names may be.
        """
        if not names:
            return True
        volatile = self._volatile
        return volatile is not None and volatile.isdisjoint(names)

    def maintain(self, now: float) -> None:
        """Ask, if it is time for that and nobody is kept waiting by it."""
        home = self._home
        books = home.books
        if (
            self.wanted
            and books.idle
            and now - self._asked >= INTERVAL
            # Else nothing was done since.
            and books.idle[-1].since > self._asked
            and not books.waiters
            and not home.paused
            and home.settings.pool_mode is not PoolMode.SESSION
        ):
            server = books.take()
            if server is not None:
                self._asked = now
                self._ask(server, now)

    def _ask(self, server: ServerConnection, now: float) -> None:
        idle_since, server.since = server.since, now
        server.state = ServerState.TESTED
        answers = server.owner = OwnAnswers(MOST_BYTES)

        def answered(server: ServerConnection, error: ErrorResponse | None) -> None:
            del error  # It is among the replies.
            server.owner = None
            self._note(answers)
            if not server.ledger.settled:
                server.close(Reason.UNCLEAN_SERVER)
                return
            self._shelve(server)
            if server.state is ServerState.IDLE:
                server.since = idle_since

        limit = self._context.settings.server_drain_timeout
        errand = Errand(answered, limit, Reason.FUNCTIONS_UNKNOWN)
        data = written_down(ASK, self._context.statements, server.ledger)
        server.begin(errand, data)

    def _note(self, answers: OwnAnswers) -> None:
        """Take the answer; where there is none, what was known stays so."""
        try:
            found = None if answers.overflown else read(answers.replies)
        except UnknownFunctionsError as error:
            _log.debug(
                "volatile functions are not known: %s", error, extra=self._about()
            )
            return
        too_many = found is None
        if too_many and not self._too_many:
            _log.warning(_TOO_MANY, MOST_NAMES, extra=self._about())
        self._volatile, self._too_many = found, too_many

    def _about(self) -> dict[str, object]:
        settings = self._home.settings
        user = settings.target.user
        return about(self._home, database=settings.database, user=user)
