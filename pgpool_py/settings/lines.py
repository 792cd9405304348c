"""Lines of ``[databases]``, ``[users]`` and ``[peers]``; None means not set."""

from dataclasses import dataclass, field

from pgwire.session_attrs import TargetSessionAttrs

from .choices import (
    DEFAULT_PEER_PORT,
    LoadBalanceHosts,
    Multiplex,
    PoolMode,
    SessionStatePolicy,
)


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """One line of ``[databases]``; None means not set."""

    dbname: str | None = None
    host: tuple[str, ...] | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    auth_user: str | None = None
    auth_dbname: str | None = None
    auth_query: str | None = None
    client_encoding: str | None = None
    datestyle: str | None = None
    timezone: str | None = None
    application_name: str | None = None
    pool_size: int | None = None
    min_pool_size: int | None = None
    reserve_pool_size: int | None = None
    query_wait_timeout: float | None = None
    max_db_connections: int | None = None
    max_db_client_connections: int | None = None
    server_lifetime: float | None = None
    load_balance_hosts: LoadBalanceHosts | None = None
    target_session_attrs: TargetSessionAttrs | None = None
    pool_mode: PoolMode | None = None
    session_state: SessionStatePolicy | None = None
    multiplexing: Multiplex | None = None
    # May set keys or roles, so it is kept out of repr like a password.
    connect_query: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class UserSettings:
    """One line of ``[users]``; None means not set."""

    pool_mode: PoolMode | None = None
    pool_size: int | None = None
    reserve_pool_size: int | None = None
    max_user_connections: int | None = None
    max_user_client_connections: int | None = None
    query_timeout: float | None = None
    query_wait_timeout: float | None = None
    idle_transaction_timeout: float | None = None
    transaction_timeout: float | None = None
    client_idle_timeout: float | None = None
    session_state: SessionStatePolicy | None = None
    multiplexing: Multiplex | None = None


@dataclass(frozen=True, slots=True)
class PeerSettings:
    """One line of ``[peers]``: another process of the same group."""

    host: str
    port: int = DEFAULT_PEER_PORT
    pool_size: int | None = None
