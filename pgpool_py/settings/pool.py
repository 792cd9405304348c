"""What holds for one pool: every rule of precedence applied."""

from dataclasses import dataclass, field

from pgwire.session_attrs import TargetSessionAttrs

from .choices import LoadBalanceHosts, Multiplex, PoolMode, SessionStatePolicy


@dataclass(frozen=True, slots=True)
class ServerTarget:
    """Where a pool's server connections go, and what they say at login.

    A ``host`` that begins with ``/`` is the directory of a Unix socket. ``password``
    None means: use the secret that the user has in auth_file.
    """

    dbname: str
    host: tuple[str, ...]
    port: int
    user: str
    password: str | None = field(repr=False)
    client_encoding: str | None
    datestyle: str | None
    timezone: str | None
    application_name: str | None
    connect_query: str | None = field(repr=False)
    load_balance_hosts: LoadBalanceHosts
    target_session_attrs: TargetSessionAttrs


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """What holds for one database and user, every rule of precedence applied.

    ``database`` is the clients' name for it. Sizes, limits and timeouts of 0 mean
    unlimited; ``server_lifetime`` 0 is one use, ``server_check_delay`` 0 check always.
    ``max_pinned`` 0 is half of the pool.
    """

    database: str
    target: ServerTarget
    pool_mode: PoolMode
    pool_size: int
    min_pool_size: int
    reserve_pool_size: int
    reserve_pool_timeout: float
    max_db_connections: int
    max_user_connections: int
    max_db_client_connections: int
    max_user_client_connections: int
    max_wait_queue: int
    query_wait_timeout: float
    query_timeout: float
    idle_transaction_timeout: float
    transaction_timeout: float
    client_idle_timeout: float
    server_lifetime: float
    server_idle_timeout: float
    server_connect_timeout: float
    server_login_retry: float
    server_check_delay: float
    server_check_query: str
    server_reset_query: str
    server_reset_query_always: bool
    server_round_robin: bool
    server_fast_close: bool
    debug_rotate_servers: bool
    session_state: SessionStatePolicy
    max_pinned: int
    pin_timeout: float
    multiplexing: Multiplex
    multiplexing_depth: int
    multiplexing_patience: float
    multiplexing_reply_limit: int
