"""The metrics of pools: who is served, who waits, and what became of it."""

from typing import Final

from pgpool_py.insight.snapshot import PoolSnapshot
from pgpool_py.reasons import Reason
from pgpool_py.statistics import Distribution
from pgwire.codes import Sqlstate

from .family import Family, Kind, of_everybody_by, of_pools, of_pools_by

# Why servers usually cannot be opened.
FAILURES: Final = (
    Reason.CONNECT_FAILED,
    Reason.CONNECT_TIMEOUT,
    Reason.SERVER_LOGIN_FAILED,
    Reason.TLS_FAILED,
)


def _clients(pool: PoolSnapshot) -> dict[str, float]:
    now = pool.now
    return {
        "active": now.clients_active,
        "idle": now.clients_idle,
        "waiting": now.clients_waiting,
    }


def _servers(pool: PoolSnapshot) -> dict[str, float]:
    now = pool.now
    return {
        "active": now.servers_active,
        "busy": now.servers_busy,
        "idle": now.servers_idle,
        "opening": now.servers_opening,
    }


def _multiplexed(pool: PoolSnapshot) -> dict[str, float]:
    counts = pool.multiplexed
    return {
        "shared": counts.shared,
        "taken_back": counts.taken_back,
        "rerun": counts.rerun,
        "refused": counts.refused,
        "alone": counts.alone,
        "slow": counts.slow,
        "no_room": counts.no_room,
    }


def _waits(pool: PoolSnapshot) -> Distribution:
    """Give all waits, those in vain too: who got one at once is only counted."""
    waits = pool.tallied.waits
    at_once = pool.counted.server_assignment_count - waits.count
    served = waits.with_instant(at_once).plus(pool.exchanged.shared_waits)
    return served.plus(pool.tallied.unserved)


NOW: Final[tuple[Family, ...]] = (
    of_pools_by(
        "pgpool_clients",
        Kind.GAUGE,
        "Clients: active have a server or share one, idle want none, waiting want one.",
        "state",
        _clients,
    ),
    of_pools(
        "pgpool_clients_pinned",
        Kind.GAUGE,
        "Active clients that keep their server for session state that cannot travel.",
        lambda pool: pool.now.clients_pinned,
    ),
    of_pools(
        "pgpool_client_wait_longest_seconds",
        Kind.GAUGE,
        "For how long the client that waits longest has waited for a server.",
        lambda pool: pool.now.oldest_wait,
    ),
    of_pools_by(
        "pgpool_servers",
        Kind.GAUGE,
        "Servers: active are lent, idle may be lent, busy are checked, reset, cleared "
        "or cancelled, opening log in.",
        "state",
        _servers,
    ),
    of_pools(
        "pgpool_pool_limit",
        Kind.GAUGE,
        "Servers that it may have without its reserve (pool_size); 0 is unlimited.",
        lambda pool: pool.now.limit,
    ),
    of_pools(
        "pgpool_pool_utilisation_ratio",
        Kind.GAUGE,
        "Active and busy servers by pgpool_pool_limit; 0 where that is unlimited.",
        lambda pool: pool.now.utilisation,
    ),
    of_pools(
        "pgpool_pool_paused",
        Kind.GAUGE,
        "1 while no server is lent (PAUSE).",
        lambda pool: pool.now.paused,
    ),
    of_pools(
        "pgpool_leaking_clients",
        Kind.GAUGE,
        "Clients that are idle in transaction for leak_detection_threshold.",
        lambda pool: pool.now.leaks,
    ),
    of_pools(
        "pgpool_pool_recommended_size",
        Kind.GAUGE,
        "Servers that it should have; see SHOW ADVICE; 0 is not known.",
        lambda pool: pool.advice.recommended if pool.advice else 0,
    ),
    of_pools(
        "pgpool_shared_servers",
        Kind.GAUGE,
        "Servers that several clients share (multiplexing).",
        lambda pool: pool.now.shared,
    ),
    of_pools(
        "pgpool_shared_exchanges",
        Kind.GAUGE,
        "Exchanges in flight on shared servers.",
        lambda pool: pool.now.in_flight,
    ),
)

WORK: Final[tuple[Family, ...]] = (
    of_pools(
        "pgpool_transactions_total",
        Kind.COUNTER,
        "Transactions begun.",
        lambda pool: pool.counted.xact_count,
    ),
    of_pools(
        "pgpool_transaction_seconds_total",
        Kind.COUNTER,
        "Time spent in transactions.",
        lambda pool: pool.counted.xact_time,
    ),
    of_pools(
        "pgpool_queries_total",
        Kind.COUNTER,
        "Exchanges begun: a simple query, or an extended batch up to its Sync.",
        lambda pool: pool.counted.query_count,
    ),
    of_pools(
        "pgpool_query_seconds_total",
        Kind.COUNTER,
        "Time spent waiting for the answers of servers.",
        lambda pool: pool.counted.query_time,
    ),
    of_pools(
        "pgpool_query_duration_seconds",
        Kind.HISTOGRAM,
        "How long servers took to answer each exchange.",
        lambda pool: pool.exchanged.queries,
    ),
    of_pools(
        "pgpool_transaction_duration_seconds",
        Kind.HISTOGRAM,
        "How long each transaction took.",
        lambda pool: pool.exchanged.transactions,
    ),
    of_pools(
        "pgpool_answer_bytes",
        Kind.HISTOGRAM,
        "What each exchange brought its client; the sum is pgpool_sent_bytes_total.",
        lambda pool: pool.exchanged.sizes,
    ),
    of_pools(
        "pgpool_received_bytes_total",
        Kind.COUNTER,
        "Bytes from clients.",
        lambda pool: pool.counted.bytes_received,
    ),
    of_pools(
        "pgpool_sent_bytes_total",
        Kind.COUNTER,
        "Bytes to clients.",
        lambda pool: pool.counted.bytes_sent,
    ),
    of_pools(
        "pgpool_client_wait_seconds",
        Kind.HISTOGRAM,
        "How long clients waited for a server each time, whether they were lent one, "
        "shared one, or got none in the end.",
        _waits,
    ),
    of_pools(
        "pgpool_wait_seconds_total",
        Kind.COUNTER,
        "Time that clients waited for servers that they were then lent, or shared.",
        lambda pool: pool.counted.wait_time,
    ),
    of_pools(
        "pgpool_pool_exhausted_seconds_total",
        Kind.COUNTER,
        "Time in which clients waited and no server was being opened.",
        lambda pool: pool.tallied.exhausted,
    ),
    of_pools(
        "pgpool_pins_total",
        Kind.COUNTER,
        "How often a client began to keep its server past the transaction.",
        lambda pool: pool.counted.pin_count,
    ),
    of_pools(
        "pgpool_prepared_statement_hits_total",
        Kind.COUNTER,
        "Named statements that were prepared already on the server they were run on.",
        lambda pool: pool.tallied.prepared_hits,
    ),
    of_pools(
        "pgpool_prepared_statement_misses_total",
        Kind.COUNTER,
        "Named statements that had to be prepared there first.",
        lambda pool: pool.tallied.prepared_misses,
    ),
    of_pools_by(
        "pgpool_multiplexed_exchanges_total",
        Kind.COUNTER,
        "What became of exchanges while no server was idle; see SHOW MULTIPLEXING.",
        "outcome",
        _multiplexed,
    ),
)

ENDS: Final[tuple[Family, ...]] = (
    of_pools(
        "pgpool_client_login_seconds",
        Kind.HISTOGRAM,
        "How long logins of clients took, from accept until they were in.",
        lambda pool: pool.tallied.logins,
    ),
    of_everybody_by(
        "pgpool_clients_closed_total",
        "Clients closed, by the reason that the log gives.",
        "reason",
        lambda tallied: tallied.clients_closed,
    ),
    of_pools(
        "pgpool_servers_opened_total",
        Kind.COUNTER,
        "Servers opened: connected and logged in.",
        lambda pool: pool.tallied.servers_opened,
    ),
    of_everybody_by(
        "pgpool_servers_closed_total",
        "Servers closed, by the reason that the log gives.",
        "reason",
        lambda tallied: tallied.servers_closed,
    ),
    of_everybody_by(
        "pgpool_server_login_failures_total",
        "Servers that could not be opened, by the reason.",
        "reason",
        lambda tallied: tallied.openings_failed,
        always=FAILURES,
    ),
    of_everybody_by(
        "pgpool_client_errors_total",
        "Errors of the pooler that clients were told.",
        "sqlstate",
        lambda tallied: tallied.client_errors,
        always=(Sqlstate.TOO_MANY_CONNECTIONS,),
    ),
    of_everybody_by(
        "pgpool_server_errors_total",
        "Errors of PostgreSQL that clients were told.",
        "sqlstate",
        lambda tallied: tallied.server_errors,
    ),
    of_pools(
        "pgpool_cancels_total",
        Kind.COUNTER,
        "Cancel requests sent to PostgreSQL.",
        lambda pool: pool.tallied.cancels,
    ),
    of_pools(
        "pgpool_query_timeouts_total",
        Kind.COUNTER,
        "Queries cancelled by query_timeout; other timeouts are among the reasons.",
        lambda pool: pool.tallied.query_timeouts,
    ),
    of_pools(
        "pgpool_leaks_total",
        Kind.COUNTER,
        "Clients found idle in transaction for leak_detection_threshold.",
        lambda pool: pool.tallied.leaks,
    ),
)
