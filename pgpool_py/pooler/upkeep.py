"""What has to be done for a pool from time to time: deadlines, old servers.

Nothing of it is timed exactly, and nothing of it costs anything per exchange: what is
limited in time has a time stamp, and is looked at here, several times a second.
"""

import logging
from collections.abc import Iterable
from itertools import islice
from typing import Final

from pgpool_py import errors
from pgpool_py.client.boundary import at_boundary
from pgpool_py.client.cancel import cancel_exchange
from pgpool_py.client.lender import Borrower
from pgpool_py.client.session import ClientSession
from pgpool_py.log import about
from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection

from .holding import named_holders
from .pipeline import Pipeline
from .pool import Pool

_log = logging.getLogger(__name__)

# Seconds between two rounds; PgBouncer's is 1/3.
INTERVAL: Final = 0.1

# PgBouncer's words.
QUEUED: Final = (
    "No server connection available in postgres backend, client being queued"
)


def maintain(pool: Pool, now: float) -> None:
    """Do one round for one pool."""
    _notify_waiters(pool, now)
    _refuse_late_waiters(pool, now)
    for pipeline in list(pool.multiplexing.pipelines):
        _check_pipeline(pool, pipeline, now)
    pool.staffing.check_deadlines(now)
    pool.aftercare.check_cancels(now)
    pool.notifications.maintain(now)
    for server in list(pool.books.busy):
        _check_busy(pool, server, now)
        if server.close_needed and pool.settings.server_fast_close:
            _close_fast(pool, server)
    _retire_idle(pool, now)
    pool.multiplexing.maintain(now)
    pool.grow()
    _count_exhaustion(pool, now)
    pool.looked_after = now


def _count_exhaustion(pool: Pool, now: float) -> None:
    """Count the time since the last round, or since somebody waits."""
    waiters = pool.books.waiters
    if waiters and not (pool.paused or pool.books.opening):
        since = max(pool.looked_after, next(iter(waiters.values())))
        pool.counters.tallies.exhausted += now - since


def _notify_waiters(pool: Pool, now: float) -> None:
    """Tell whoever waits for ``query_wait_notify``, once in each wait."""
    waiters, notified = pool.books.waiters, pool.notified
    # A client that waits again does so since another time.
    for waiter in [w for w, since in notified.items() if waiters.get(w) != since]:
        del notified[waiter]
    after = pool.query_wait_notify
    if not after:
        return
    due: list[tuple[Borrower, float]] = []
    for waiter, since in waiters.items():
        if now - since < after:
            # So do all behind it, for they wait no longer.
            break
        if waiter not in notified:
            due.append((waiter, since))
    for waiter, since in due:
        notified[waiter] = since
        waiter.on_notice(QUEUED)


def _refuse_late_waiters(pool: Pool, now: float) -> None:
    late = [
        waiter
        for waiter, since in pool.books.waiters.items()
        if (limit := waiter.limits.query_wait_timeout) and now - since >= limit
    ]
    for waiter in late:
        if pool.give_up(waiter):
            _refuse(pool, waiter, now)


def _refuse(pool: Pool, waiter: Borrower, now: float) -> None:
    limit = waiter.limits.query_wait_timeout
    held = named_holders(pool.books, waiter, now)
    error = errors.query_wait_timeout(limit, pool.settings.pool_size, held)
    waiter.on_refused(error, Reason.QUERY_WAIT_TIMEOUT)


def _check_pipeline(pool: Pool, pipeline: Pipeline, now: float) -> None:
    """Limit the time of whose exchange is answered, and of who waits behind it."""
    late = [
        (client, since)
        for client, _, since in islice(pipeline.places, 1, None)
        if client is not None
        and (limit := client.limits.query_wait_timeout)
        and now - since >= limit
    ]
    for client, since in late:
        if pipeline.leave(client):
            pool.note_unserved(since)
            _refuse(pool, client, now)
    first = pipeline.first
    if first is not None:
        _check_client(pool, first, now)
    elif pipeline.places:
        # What is being answered to nobody may take long.
        pipeline.dissolve()


def _check_busy(pool: Pool, server: ServerConnection, now: float) -> None:
    if server.on_errand:
        server.check_deadline(now)
    elif isinstance(server.owner, ClientSession):
        _check_client(pool, server.owner, now)
    elif server.owner is None:
        pool.aftercare.check_grace(server, now)


def _close_fast(pool: Pool, server: ServerConnection) -> None:
    """Close a server that is to be replaced, and its client, between transactions.

    Only a client that keeps its server for longer than a transaction is ever found so.
    """
    client = server.owner
    if not isinstance(client, ClientSession) or client.server is not server:
        return
    if at_boundary(client):
        error = errors.database_reconfigured(pool.database)
        client.close(Reason.DATABASE_CONFIGURATION_CHANGED, error)
        server.close(Reason.DATABASE_CONFIGURATION_CHANGED)


def _check_client(pool: Pool, client: ClientSession, now: float) -> None:
    if client.server is not None:
        client.timing.note_progress(now, client.server.ledger)
    if client.cancel_asked:
        cancel_exchange(client)
    settings = client.limits
    running = client.timing.exchange_since
    if running:
        limit = settings.query_timeout
        if limit and now - running >= limit:
            _end_query(pool, client, now, limit)
    elif client.timing.transaction_since:
        limit = settings.idle_transaction_timeout
        if limit and now - client.timing.since >= limit:
            error = errors.idle_transaction_timeout(limit)
            client.close(Reason.IDLE_TRANSACTION_TIMEOUT, error)
    elif client.holdings:
        limit = pool.settings.pin_timeout
        if limit and now - client.timing.since >= limit:
            error = errors.pin_timeout(limit, ", ".join(client.holdings))
            client.close(Reason.PIN_TIMEOUT, error)
    limit = settings.transaction_timeout
    began = client.timing.transaction_since
    if limit and began and now - began >= limit:
        client.close(Reason.TRANSACTION_TIMEOUT, errors.transaction_timeout(limit))


def _end_query(pool: Pool, client: ClientSession, now: float, limit: float) -> None:
    """Cancel a query that runs too long; close its client if that does not help."""
    if client.timing.cancelled_since < client.timing.exchange_since:
        _log.warning("query timeout: cancelling", extra=about(client))
        client.timing.cancelled_since = now
        pool.counters.tallies.query_timeouts += 1
        cancel_exchange(client)
    elif now - client.timing.cancelled_since >= pool.cancel_wait_timeout:
        error = errors.query_timeout(limit, errors.Severity.FATAL)
        client.close(Reason.QUERY_TIMEOUT, error)


def _retire_idle(pool: Pool, now: float) -> None:
    """Close servers that are too old, or were not needed for long."""
    books = pool.books
    timeout = pool.settings.server_idle_timeout
    for server in list(books.idle):
        if server.is_over(now):
            server.close(Reason.SERVER_LIFETIME)
        elif server.close_needed:
            server.close(Reason.RECONNECT)
        elif (
            timeout
            and now - server.since >= timeout
            and books.connected > books.sizes.minimum
        ):
            server.close(Reason.SERVER_IDLE_TIMEOUT)


def close_abandoned(clients: Iterable[ClientSession]) -> None:
    """Close clients that are gone, which is not noticed while they are not read."""
    for client in [client for client in clients if client.stream.abandoned]:
        client.close(Reason.CLIENT_EOF)


def check_idle_clients(clients: Iterable[ClientSession], now: float) -> None:
    """Close clients that have sent nothing for ``client_idle_timeout``."""
    late = [
        client
        for client in clients
        if (limit := client.limits.client_idle_timeout)
        and client.server is None
        and not client.waiting
        and now - client.timing.since >= limit
    ]
    for client in late:
        error = errors.client_idle_timeout(client.limits.client_idle_timeout)
        client.close(Reason.CLIENT_IDLE_TIMEOUT, error)
