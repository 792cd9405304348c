"""What the operator asked for, as frozen data: every setting under PgBouncer's name.

Times are float seconds, 0 switches a limit off unless its row in
``pgpool_py/config/options.py`` says otherwise; that table also holds the meaning,
unit and range of each setting. The defaults live here and nowhere else.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TypeVar

from pgwire.session_attrs import TargetSessionAttrs

from .choices import (
    DEFAULT_AUTH_QUERY,
    DEFAULT_SERVER_PORT,
    FALLBACK_DATABASE,
    FALLBACK_SOCKET_DIR,
    AuthType,
    LoadBalanceHosts,
    LogFormat,
    Multiplex,
    PoolMode,
    SessionStatePolicy,
    SslMode,
    SslNegotiation,
)
from .endpoint import Endpoint
from .lines import DatabaseSettings, PeerSettings, UserSettings
from .pool import PoolSettings, ServerTarget

T = TypeVar("T")

# The line of whoever has none.
_NO_DATABASE: Final = DatabaseSettings()
_NO_USER: Final = UserSettings()


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, with its default."""

    # Listening and process
    listen_addr: tuple[str, ...] = ()
    listen_port: int = 6432
    listen_backlog: int = 128
    unix_socket_dir: str = FALLBACK_SOCKET_DIR
    unix_socket_mode: int = 0o777
    unix_socket_group: str = ""
    so_reuseport: bool = False
    tcp_defer_accept: int = 1 if sys.platform == "linux" else 0
    tcp_keepalive: bool = True
    tcp_keepcnt: int = 0
    tcp_keepidle: int = 0
    tcp_keepintvl: int = 0
    tcp_user_timeout: int = 0
    tcp_socket_buffer: int = 0
    user: str | None = None
    pidfile: str = ""
    job_name: str = "pgbouncer"
    conffile: str = ""
    peer_id: int = 0
    resolv_conf: str = ""
    suspend_timeout: float = 10.0
    # Logging and statistics
    logfile: str = ""
    syslog: bool = False
    syslog_ident: str = "pgbouncer"
    syslog_facility: str = "daemon"
    log_connections: bool = True
    log_disconnections: bool = True
    log_pooler_errors: bool = True
    log_stats: bool = True
    stats_period: int = 60
    verbose: int = 0
    admin_users: tuple[str, ...] = ()
    stats_users: tuple[str, ...] = ()
    # Pooling
    pool_mode: PoolMode = PoolMode.SESSION
    max_client_conn: int = 100
    default_pool_size: int = 20
    min_pool_size: int = 0
    reserve_pool_size: int = 0
    reserve_pool_timeout: float = 5.0
    max_db_connections: int = 0
    max_user_connections: int = 0
    max_db_client_connections: int = 0
    max_user_client_connections: int = 0
    server_round_robin: bool = False
    max_prepared_statements: int = 200
    track_extra_parameters: tuple[str, ...] = ("IntervalStyle",)
    ignore_startup_parameters: tuple[str, ...] = ()
    disable_pqexec: bool = False
    application_name_add_host: bool = False
    query_wait_notify: int = 5
    login_notify_message: str = ""
    autodb_idle_timeout: float = 3600.0
    pool_idle_timeout: float = 0.0
    # Life of a server connection
    server_reset_query: str = "DISCARD ALL"
    server_reset_query_always: bool = False
    server_check_delay: float = 30.0
    server_check_query: str = "<empty>"
    server_fast_close: bool = False
    server_lifetime: float = 3600.0
    server_idle_timeout: float = 600.0
    server_connect_timeout: float = 15.0
    server_login_retry: float = 15.0
    # Limits on clients
    client_login_timeout: float = 60.0
    client_idle_timeout: float = 0.0
    query_timeout: float = 0.0
    query_wait_timeout: float = 120.0
    cancel_wait_timeout: float = 10.0
    idle_transaction_timeout: float = 0.0
    transaction_timeout: float = 0.0
    # Authentication
    auth_type: AuthType = AuthType.MD5
    auth_file: str | None = None
    auth_hba_file: str = ""
    auth_ident_file: str | None = None
    auth_user: str | None = None
    auth_query: str = DEFAULT_AUTH_QUERY
    auth_dbname: str | None = None
    # Holds the bind password.
    auth_ldap_options: str | None = field(default=None, repr=False)
    scram_iterations: int = 4096
    # TLS
    client_tls_sslmode: SslMode = SslMode.DISABLE
    client_tls_key_file: str = ""
    client_tls_cert_file: str = ""
    client_tls_ca_file: str = ""
    client_tls_protocols: str = "secure"
    client_tls_ciphers: str = "default"
    client_tls13_ciphers: str | None = None
    client_tls_ecdhcurve: str = "auto"
    client_tls_dheparams: str = "auto"
    server_tls_sslmode: SslMode = SslMode.PREFER
    server_tls_key_file: str = ""
    server_tls_cert_file: str = ""
    server_tls_ca_file: str = ""
    server_tls_protocols: str = "secure"
    server_tls_ciphers: str = "default"
    server_tls13_ciphers: str | None = None
    # DNS
    dns_max_ttl: float = 15.0
    dns_nxdomain_ttl: float = 15.0
    dns_zone_check_period: float = 0.0
    # Buffers
    pkt_buf: int = 4096
    max_packet_size: int = 2147483647
    sbuf_loopcnt: int = 5
    # Ours, unknown to PgBouncer
    max_wait_queue: int = 0
    client_gone_grace: float = 1.0
    server_drain_timeout: float = 5.0
    shutdown_grace: float = 0.0
    shutdown_timeout: float = 0.0
    client_buffer_limit: int = 262144
    max_listen_channels: int = 100
    notification_buffer_limit: int = 1048576
    allow_root: bool = False
    server_tls_sslnegotiation: SslNegotiation = SslNegotiation.POSTGRES
    debug_rotate_servers: bool = False
    session_state: SessionStatePolicy = SessionStatePolicy.TRACK
    max_pinned: int = 0
    pin_timeout: float = 0.0
    multiplexing: Multiplex = Multiplex.OFF
    multiplexing_depth: int = 16
    multiplexing_patience: float = 0.005
    multiplexing_reply_limit: int = 65536
    multiplexing_ignore: tuple[str, ...] = ("application_name",)
    http_listen: Endpoint | None = None
    http_token: str = field(default="", repr=False)
    http_token_file: str = ""
    readiness_needs_server: bool = False
    leak_detection_threshold: float = 60.0
    alert_utilisation: float = 0.8
    alert_utilisation_time: float = 60.0
    alert_wait: float = 5.0
    log_format: LogFormat = LogFormat.PGBOUNCER
    log_min_duration: float = 0.0
    log_statement_text: bool = False
    # The other sections
    databases: Mapping[str, DatabaseSettings] = field(
        default_factory=lambda: MappingProxyType({})
    )
    users: Mapping[str, UserSettings] = field(
        default_factory=lambda: MappingProxyType({})
    )
    peers: Mapping[int, PeerSettings] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def find_database(self, name: str) -> DatabaseSettings | None:
        """Return the line for ``name``, else the one for ``*``, else None."""
        found = self.databases.get(name)
        return self.databases.get(FALLBACK_DATABASE) if found is None else found

    def session_state_of(self, database: str, user: str) -> SessionStatePolicy:
        """Return what becomes of the session state of a user's clients."""
        db = self.find_database(database) or _NO_DATABASE
        mine = self.users.get(user, _NO_USER)
        return _first(mine.session_state, db.session_state, self.session_state)

    def for_pool(self, database: str, user: str) -> PoolSettings:  # long: a line each
        """Return what holds when ``user`` logs in to ``database``.

        ``user`` is the client's user. Where the database forces another one, sizes,
        mode and server limits follow the forced user, and limits on the client stay
        those of the client's user (PgBouncer does the same). Where user, database
        and global all have a say, the most specific wins: user, database, global.
        Raises KeyError if neither ``database`` nor ``*`` is configured.
        """
        db = self.find_database(database)
        if db is None:
            raise KeyError(database)
        target = self._target(db, database, user)
        mine = self.users.get(user, _NO_USER)
        pooled = self.users.get(target.user, _NO_USER)
        # Sizes and modes: 0 is a value. Limits and timeouts: 0 is "not set".
        return PoolSettings(
            database=database,
            target=target,
            pool_mode=_first(pooled.pool_mode, db.pool_mode, self.pool_mode),
            pool_size=_first(pooled.pool_size, db.pool_size, self.default_pool_size),
            min_pool_size=_first(db.min_pool_size, self.min_pool_size),
            reserve_pool_size=_first(
                pooled.reserve_pool_size, db.reserve_pool_size, self.reserve_pool_size
            ),
            reserve_pool_timeout=self.reserve_pool_timeout,
            max_db_connections=db.max_db_connections or self.max_db_connections,
            max_user_connections=pooled.max_user_connections
            or self.max_user_connections,
            max_db_client_connections=db.max_db_client_connections
            or self.max_db_client_connections,
            max_user_client_connections=mine.max_user_client_connections
            or self.max_user_client_connections,
            max_wait_queue=self.max_wait_queue,
            query_wait_timeout=mine.query_wait_timeout
            or db.query_wait_timeout
            or self.query_wait_timeout,
            query_timeout=mine.query_timeout or self.query_timeout,
            idle_transaction_timeout=mine.idle_transaction_timeout
            or self.idle_transaction_timeout,
            transaction_timeout=mine.transaction_timeout or self.transaction_timeout,
            client_idle_timeout=mine.client_idle_timeout or self.client_idle_timeout,
            server_lifetime=db.server_lifetime or self.server_lifetime,
            server_idle_timeout=self.server_idle_timeout,
            server_connect_timeout=self.server_connect_timeout,
            server_login_retry=self.server_login_retry,
            server_check_delay=self.server_check_delay,
            server_check_query=self.server_check_query,
            server_reset_query=self.server_reset_query,
            server_reset_query_always=self.server_reset_query_always,
            server_round_robin=self.server_round_robin,
            server_fast_close=self.server_fast_close,
            debug_rotate_servers=self.debug_rotate_servers,
            session_state=self.session_state_of(database, user),
            max_pinned=self.max_pinned,
            pin_timeout=self.pin_timeout,
            multiplexing=_first(
                pooled.multiplexing, db.multiplexing, self.multiplexing
            ),
            multiplexing_depth=self.multiplexing_depth,
            multiplexing_patience=self.multiplexing_patience,
            multiplexing_reply_limit=self.multiplexing_reply_limit,
        )

    def _target(self, db: DatabaseSettings, name: str, user: str) -> ServerTarget:
        return ServerTarget(
            dbname=_first(db.dbname, name),
            host=db.host or (self.unix_socket_dir or FALLBACK_SOCKET_DIR,),
            port=_first(db.port, DEFAULT_SERVER_PORT),
            user=_first(db.user, user),
            password=db.password,
            client_encoding=db.client_encoding,
            datestyle=db.datestyle,
            timezone=db.timezone,
            application_name=db.application_name,
            connect_query=db.connect_query,
            load_balance_hosts=db.load_balance_hosts or LoadBalanceHosts.ROUND_ROBIN,
            target_session_attrs=db.target_session_attrs or TargetSessionAttrs.ANY,
        )


def _first(specific: T | None, *general: T | None) -> T:
    """Return the first value that is set; the last one always is."""
    for value in (specific, *general):
        if value is not None:
            return value
    raise AssertionError("the most general setting has no default")
