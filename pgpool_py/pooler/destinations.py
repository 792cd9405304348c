"""Where a pool's servers are opened: its hosts, what became of them, what is said."""

import logging
from collections.abc import Callable
from typing import Final

from pgpool_py import errors
from pgpool_py.client.repeats import Repeated
from pgpool_py.errors import PoolerError
from pgpool_py.log import about
from pgpool_py.pool.hosts import Hosts, Standing, Turn
from pgpool_py.pool.quota import Quota
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgpool_py.server.opening import Destination, Opened, Opening, OpeningFailed
from pgpool_py.settings import LoadBalanceHosts, PoolSettings, ServerTarget
from pgpool_py.statistics import Tallies
from pgwire.codes import Sqlstate
from pgwire.session_attrs import READ_ONLY, TargetSessionAttrs

from .context import Context
from .credentials import Credentials
from .lookouts import Lookouts
from .server_subject import ServerSubject

_log = logging.getLogger(__name__)

# The class of SQLSTATE of a wrong password.
_INVALID_AUTHORIZATION: Final = "28"


class Destinations:
    """Those of one pool.

    Attributes:
        hosts: which of them work.
        lookouts: logins that find that out, besides.
        credentials: what is logged in with.
    """

    __slots__ = (
        "_context",
        "_on_unfit",
        "_settings",
        "_tallies",
        "credentials",
        "hosts",
        "lookouts",
    )

    def __init__(
        self,
        context: Context,
        settings: PoolSettings,
        quotas: tuple[Quota, ...],
        tallies: Tallies,
        on_unfit: Callable[[str], None],
    ) -> None:
        self._context = context
        self._settings = settings
        self._tallies = tallies
        self._on_unfit = on_unfit
        self.credentials = Credentials(context)
        self.hosts: Hosts[OpeningFailed] = Hosts(
            settings.target.host,
            settings.server_login_retry,
            sticky=_sticks(settings.target),
        )
        self.lookouts = Lookouts(context, quotas, self.of, self._on_looked)

    def reconfigure(self, settings: PoolSettings) -> None:
        """Take over new settings; hosts that stay are what they were."""
        self._settings = settings
        target = settings.target
        self.hosts.reconfigure(
            target.host, settings.server_login_retry, sticky=_sticks(target)
        )

    def of(self, turn: Turn) -> Destination:
        """Give where that is, and what is said there."""
        target = self._settings.target
        given = {
            "database": target.dbname,
            "client_encoding": target.client_encoding,
            "DateStyle": target.datestyle,
            "TimeZone": target.timezone,
            "application_name": target.application_name,
        }
        return Destination(
            turn.host,
            target.port,
            target.user,
            self.credentials.of(target),
            {name: value for name, value in given.items() if value is not None},
            target.connect_query or "",
            TargetSessionAttrs.ANY if turn.lenient else target.target_session_attrs,
            self._context.encryption.servers,
        )

    # Outcomes

    def note_success(self, turn: Turn, opened: Opened) -> None:
        """Note that a host works, and takes what it was told."""
        self._tallies.servers_opened += 1
        self.hosts.worked(turn)
        self.credentials.took(opened.destination.secret)

    def note_close(self, server: ServerConnection, reason: Reason) -> None:
        """Count the end of a server, and tell of it."""
        tallies, statements = self._tallies, server.ledger.statements
        tallies.servers_closed.note(reason)
        tallies.prepared_hits += statements.hits
        tallies.prepared_misses += statements.misses
        age = self._context.reactor.now - server.opened
        subject = about(self.subject(server), reason=reason, age=int(age))
        _log.info("closing because: %s (age=%ds)", reason, age, extra=subject)

    def note_failure(self, opening: Opening, outcome: OpeningFailed) -> None:
        """Note what went wrong with a host, and tell of what is new."""
        self._tallies.openings_failed.note(outcome.reason)
        hosts, host = self.hosts, opening.destination.host
        unfit = outcome.reason is Reason.HOST_UNFIT
        known = unfit and any(
            name == host and failure.text == outcome.text
            for name, failure in hosts.failures()
        )
        self._tell(opening, outcome, quietly=known)
        self._forget_refused(opening, outcome)
        worked = hosts.works(host)
        hosts.failed(
            host,
            opening.started,
            self._context.reactor.now,
            outcome,
            self._standing(unfit=unfit),
        )
        if unfit and worked:
            self._on_unfit(host)

    def _tell(self, opening: Opening, outcome: OpeningFailed, *, quietly: bool) -> None:
        """Write the line about a failure, unless there are too many."""
        level, more = logging.WARNING, ""
        if outcome.reason is Reason.HOST_UNFIT:
            level = logging.DEBUG if quietly else logging.INFO
        else:
            repeats = self._context.log_wishes.repeats
            if not repeats.admit(Repeated.FAILED_SERVER_LOGINS):
                return
            more = repeats.behind(Repeated.FAILED_SERVER_LOGINS)
        extra = about(self.subject(opening), reason=outcome.reason)
        _log.log(level, "server login failed: %s%s", outcome.text, more, extra=extra)

    def _forget_refused(self, opening: Opening, outcome: OpeningFailed) -> None:
        """Forget what a client had shown if the server has another secret by now."""
        error = outcome.error
        unfit = outcome.reason is Reason.SERVER_LOGIN_FAILED and (
            error is None or error.sqlstate.startswith(_INVALID_AUTHORIZATION)
        )
        if unfit and self.credentials.refused(opening.destination.secret):
            _log.warning(
                "what a client has shown is forgotten, for the server does not take "
                "it: its secret has changed, or is not the one that is stored here",
                extra=about(self.subject(opening)),
            )

    def _standing(self, *, unfit: bool) -> Standing:
        if not unfit:
            return Standing.FAILS
        wanted = self._settings.target.target_session_attrs
        if wanted is TargetSessionAttrs.PREFER_STANDBY:
            return Standing.SECOND_CHOICE
        return Standing.UNFIT

    def goes_on(self, outcome: OpeningFailed) -> bool:
        """Whether another attempt may be made at once, now that this one failed.

        At the same host that is only to take it as it is.
        """
        if len(self.hosts) == 1 and outcome.reason is not Reason.HOST_UNFIT:
            return False
        return self.hosts.due(self._context.reactor.now)

    @property
    def starting_up(self) -> bool:
        """Whether one starts up, or shuts down: worth waiting for."""
        return any(
            failure.error is not None
            and failure.error.sqlstate == Sqlstate.CANNOT_CONNECT_NOW
            for _, failure in self.hosts.failures()
        )

    def refusal(self, opening: Opening, latest: OpeningFailed) -> PoolerError:
        """Give what a client is told: PostgreSQL's own words, if all say the same."""
        failures = self.hosts.failures()
        pause = self.hosts.pause
        error = latest.error
        if error is not None and all(
            failure.error is not None and failure.error.sqlstate == error.sqlstate
            for _, failure in failures
        ):
            return errors.server_refused(error)
        unfit = latest.reason is Reason.HOST_UNFIT
        if not failures or (len(self.hosts) == 1 and not unfit):
            where = str(opening.destination)
            return errors.server_login_failing(latest.text, where, pause)
        told = [(str(self.of(Turn(name))), fault.text) for name, fault in failures]
        wanted = self._settings.target.target_session_attrs
        return errors.no_host_usable(told, wanted, pause)

    def subject(self, what: ServerConnection | Opening) -> ServerSubject:
        """Give what the log calls it: by the database of its clients."""
        database, user = self._settings.database, self._settings.target.user
        if isinstance(what, Opening):
            return ServerSubject(database, user, str(what.destination))
        return ServerSubject(database, user, what.address, what.id, what.pid)

    # Doubts

    def look_around(self) -> None:
        """Look at a host that failed, if it is time and others work."""
        host = self.hosts.lookout(self._context.reactor.now)
        if host is not None:
            self.lookouts.look(host)

    def on_read_only(self, server: ServerConnection) -> None:
        """A statement was refused there because it may not write."""
        if self._settings.target.target_session_attrs.writes:
            self._doubt(server)

    def on_report(self, server: ServerConnection, name: str, value: str) -> None:
        """Take note of what it says of itself: one of ``REPORTS`` has changed."""
        wanted = self._settings.target.target_session_attrs
        if name == READ_ONLY:
            # By a reload of its configuration, or by a client.
            if wanted.by_transaction:
                self._doubt(server)
        elif value == "off" and self.hosts.works(server.host) and not wanted.writes:
            # It was a standby, and is none any more.
            self._look(server)

    def _doubt(self, server: ServerConnection) -> None:
        if self.hosts.suspect(server.host, self._context.reactor.now):
            self._look(server)

    def _look(self, server: ServerConnection) -> None:
        wanted = self._settings.target.target_session_attrs
        if wanted is TargetSessionAttrs.ANY or self.lookouts.look(server.host):
            return
        # The login of the one in its place will tell.
        server.close_needed = True

    def _on_looked(
        self, opening: Opening, turn: Turn, outcome: Opened | OpeningFailed
    ) -> None:
        if isinstance(outcome, Opened):
            self.hosts.worked(turn)
        elif outcome.reason is not Reason.LOGIN_NOT_NEEDED:
            self.note_failure(opening, outcome)


def _sticks(target: ServerTarget) -> bool:
    return target.load_balance_hosts is LoadBalanceHosts.DISABLE


def place_of(target: ServerTarget) -> tuple[object, ...]:
    """Give what decides where servers are opened, and what they are like."""
    return (
        target.dbname,
        target.host,
        target.port,
        target.connect_query,
        target.load_balance_hosts,
        target.target_session_attrs,
    )
