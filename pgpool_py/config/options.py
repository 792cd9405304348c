"""Every setting of ``[pgbouncer]``, one row each; the defaults stand in ``Settings``.

The first hundred are PgBouncer 1.25's (``src/main.c``), the last are ours.
"""

from collections.abc import Mapping
from types import MappingProxyType

from pgpool_py.net.syslog import FACILITIES
from pgpool_py.settings import (
    AuthType,
    Multiplex,
    PoolMode,
    SessionStatePolicy,
    SslMode,
    SslNegotiation,
)

from .alert_options import ALERTS
from .http_options import HTTP
from .log_options import LOG
from .option import Effect, Option
from .values import Choice, Flag, Names, Seconds, Text, Whole, Word

LATER = Effect.LATER

_COUNT = Whole()
_BYTES = Whole(unit="bytes")
_PORT = Whole(0, 65535)
_FLAG = Flag()
_NAMES = Names()
_SECONDS = Seconds()
_TEXT = Text()
_OPTIONAL = Text(optional=True)

_NOT_SERVED = frozenset({AuthType.LDAP, AuthType.PAM})

_LISTENING_AND_PROCESS = (
    Option(
        "listen_addr",
        _NAMES,
        "addresses to listen on for TCP; * is all",
        reloadable=False,
    ),
    Option(
        "listen_port",
        _PORT,
        "port for TCP and in the name of the Unix socket",
        reloadable=False,
    ),
    Option(
        "listen_backlog",
        _COUNT,
        "connections the kernel queues before accept",
        reloadable=False,
    ),
    Option(
        "unix_socket_dir",
        _TEXT,
        "directory of the Unix socket; empty is none",
        reloadable=False,
    ),
    Option(
        "unix_socket_mode",
        Whole(0, 0o7777),
        "permissions of the Unix socket",
        reloadable=False,
    ),
    Option("unix_socket_group", _TEXT, "group of the Unix socket", reloadable=False),
    Option(
        "so_reuseport",
        _FLAG,
        "let several processes share the TCP port",
        reloadable=False,
    ),
    Option(
        "tcp_defer_accept",
        Whole(unit="seconds"),
        "accept when the client has sent something",
    ),
    Option("tcp_keepalive", _FLAG, "let the kernel probe silent connections"),
    Option("tcp_keepcnt", Whole(0, 127), "unanswered probes before giving up"),
    Option(
        "tcp_keepidle", Whole(0, 32767, "seconds"), "silence before the first probe"
    ),
    Option("tcp_keepintvl", Whole(0, 32767, "seconds"), "time between probes"),
    Option(
        "tcp_user_timeout",
        Whole(unit="milliseconds"),
        "unacknowledged data before giving up",
    ),
    Option("tcp_socket_buffer", _BYTES, "send and receive buffer of a socket"),
    Option("user", _OPTIONAL, "user to become when started as root", reloadable=False),
    Option("pidfile", _TEXT, "file that holds the process id", reloadable=False),
    Option("job_name", _TEXT, "name of the Windows service", LATER, reloadable=False),
    Option("conffile", _TEXT, "file that the next reload reads"),
    Option("peer_id", Whole(0, 16383), "number of this process in its group"),
    Option(
        "resolv_conf",
        _TEXT,
        "file used in place of /etc/resolv.conf",
        LATER,
        reloadable=False,
    ),
    Option("suspend_timeout", _SECONDS, "time to flush connections for SUSPEND"),
)

_LOGGING_AND_STATISTICS = (
    Option("logfile", _TEXT, "file to append the log to"),
    Option("syslog", _FLAG, "log to syslog too"),
    Option("syslog_ident", _TEXT, "name under which syslog shows us"),
    Option("syslog_facility", Word(tuple(FACILITIES)), "syslog facility"),
    Option("log_connections", _FLAG, "log each login"),
    Option("log_disconnections", _FLAG, "log each close with its reason"),
    Option("log_pooler_errors", _FLAG, "log errors that are sent to clients"),
    Option("log_stats", _FLAG, "log one line of statistics per stats_period"),
    Option("stats_period", Whole(1, unit="seconds"), "period of averages"),
    Option("verbose", _COUNT, "0 to 3: how much is logged"),
    Option("admin_users", _NAMES, "users who may do everything on the console"),
    Option("stats_users", _NAMES, "users who may look at the console"),
)

_POOLING = (
    Option("pool_mode", Choice(PoolMode), "how long a server belongs to one client"),
    Option("max_client_conn", _COUNT, "clients in total"),
    Option(
        "default_pool_size", _COUNT, "servers per database and user; 0 is unlimited"
    ),
    Option("min_pool_size", _COUNT, "servers kept open per pool"),
    Option("reserve_pool_size", _COUNT, "servers a pool may open beyond its size"),
    Option("reserve_pool_timeout", _SECONDS, "wait before the reserve is used"),
    Option("max_db_connections", _COUNT, "servers per database"),
    Option("max_user_connections", _COUNT, "servers per user"),
    Option("max_db_client_connections", _COUNT, "clients per database"),
    Option("max_user_client_connections", _COUNT, "clients per user"),
    Option("server_round_robin", _FLAG, "lend the server that was idle longest"),
    Option("max_prepared_statements", _COUNT, "prepared statements kept per server"),
    Option(
        "track_extra_parameters",
        _NAMES,
        "parameters kept per client besides the usual",
        reloadable=False,
    ),
    Option("ignore_startup_parameters", _NAMES, "startup parameters to drop silently"),
    Option(
        "disable_pqexec",
        _FLAG,
        "refuse the simple query protocol",
        reloadable=False,
    ),
    Option(
        "application_name_add_host",
        _FLAG,
        "add the client's address to its name",
    ),
    Option(
        "query_wait_notify",
        Whole(unit="seconds"),
        "wait before a queued client is told",
    ),
    Option("login_notify_message", _TEXT, "notice sent at login"),
    Option("autodb_idle_timeout", _SECONDS, "drop unused databases of *"),
    Option("pool_idle_timeout", _SECONDS, "drop empty pools"),
)

_LIFE_OF_A_SERVER_CONNECTION = (
    Option("server_reset_query", _TEXT, "sent when a client gives a server back"),
    Option("server_reset_query_always", _FLAG, "send it in every mode"),
    Option("server_check_delay", _SECONDS, "idleness after which a server is checked"),
    Option("server_check_query", _TEXT, "the check; <empty> is an empty query"),
    Option(
        "server_fast_close",
        _FLAG,
        "close outdated servers in session mode at once",
    ),
    Option(
        "server_lifetime", _SECONDS, "age at which a server is closed; 0 is one use"
    ),
    Option("server_idle_timeout", _SECONDS, "idleness at which a server is closed"),
    Option("server_connect_timeout", _SECONDS, "time to connect and log in"),
    Option("server_login_retry", _SECONDS, "pause after a failed connect"),
)

_LIMITS_ON_CLIENTS = (
    Option("client_login_timeout", _SECONDS, "time to log in"),
    Option("client_idle_timeout", _SECONDS, "close clients that send nothing"),
    Option("query_timeout", _SECONDS, "time a query may run"),
    Option("query_wait_timeout", _SECONDS, "time to wait for a server"),
    Option("cancel_wait_timeout", _SECONDS, "time a cancel request may wait"),
    Option("idle_transaction_timeout", _SECONDS, "time to be idle in a transaction"),
    Option("transaction_timeout", _SECONDS, "time a transaction may last"),
)

_AUTHENTICATION = (
    Option(
        "auth_type",
        Choice(AuthType),
        "how clients prove who they are",
        refused=_NOT_SERVED,
    ),
    Option("auth_file", _OPTIONAL, "file of users and secrets"),
    Option("auth_hba_file", _TEXT, "rules by address, database and user"),
    Option("auth_ident_file", _OPTIONAL, "maps system users to database users"),
    Option("auth_user", _OPTIONAL, "user that runs auth_query"),
    Option("auth_query", _TEXT, "query for the secret of a user"),
    Option("auth_dbname", _OPTIONAL, "database for auth_query"),
    Option("auth_ldap_options", _OPTIONAL, "how to ask the LDAP server", LATER),
    Option(
        "scram_iterations",
        Whole(1, 600_000),
        "iterations for secrets made from plain text",
    ),
)

_TLS_TOWARDS_CLIENTS = (
    Option(
        "client_tls_sslmode",
        Choice(SslMode),
        "whether clients may or must use TLS",
    ),
    Option("client_tls_key_file", _TEXT, "our private key"),
    Option("client_tls_cert_file", _TEXT, "our certificate"),
    Option("client_tls_ca_file", _TEXT, "who may sign client certificates"),
    Option("client_tls_protocols", _TEXT, "TLS versions"),
    Option("client_tls_ciphers", _TEXT, "ciphers up to TLS 1.2"),
    Option("client_tls13_ciphers", _OPTIONAL, "ciphers of TLS 1.3"),
    Option("client_tls_ecdhcurve", _TEXT, "curve for the key exchange"),
    Option("client_tls_dheparams", _TEXT, "parameters for the key exchange", LATER),
)

_TLS_TOWARDS_SERVERS = (
    Option(
        "server_tls_sslmode",
        Choice(SslMode),
        "whether servers may or must use TLS",
    ),
    Option("server_tls_key_file", _TEXT, "our private key"),
    Option("server_tls_cert_file", _TEXT, "our certificate"),
    Option("server_tls_ca_file", _TEXT, "who may sign server certificates"),
    Option("server_tls_protocols", _TEXT, "TLS versions"),
    Option("server_tls_ciphers", _TEXT, "ciphers up to TLS 1.2"),
    Option("server_tls13_ciphers", _OPTIONAL, "ciphers of TLS 1.3"),
)

_DNS = (
    Option("dns_max_ttl", _SECONDS, "time an address is kept"),
    Option("dns_nxdomain_ttl", _SECONDS, "time an unknown name is kept"),
    Option(
        "dns_zone_check_period", _SECONDS, "time between checks of zone serials", LATER
    ),
)

_BUFFERS = (
    Option(
        "pkt_buf",
        Whole(1, unit="bytes"),
        "buffer of PgBouncer per connection",
        LATER,
        reloadable=False,
    ),
    Option("max_packet_size", Whole(1, unit="bytes"), "largest message of a client"),
    Option("sbuf_loopcnt", _COUNT, "reads of PgBouncer per connection and turn", LATER),
)

_OURS = (
    Option(
        "max_wait_queue",
        _COUNT,
        "clients that may wait per pool; 0 is unlimited",
        ours=True,
    ),
    Option(
        "client_gone_grace",
        _SECONDS,
        "time a query may end after its client left",
        ours=True,
    ),
    Option(
        "server_drain_timeout",
        Seconds(0.1, "with less, a server could never be cleared in time"),
        "time to clear what a lost client left, and to answer what the pooler asks",
        ours=True,
    ),
    Option(
        "shutdown_grace",
        _SECONDS,
        "time for which all is served as before when a stop was asked for",
        ours=True,
    ),
    Option(
        "shutdown_timeout",
        _SECONDS,
        "time until a stop that waits closes clients between transactions, and "
        "again until it closes all; 0 is for ever",
        ours=True,
    ),
    Option(
        "client_buffer_limit",
        Whole(1, unit="bytes"),
        "bytes held for a client before its reading pauses",
        ours=True,
    ),
    Option(
        "max_listen_channels",
        _COUNT,
        "channels that a client may LISTEN to; 0 is unlimited",
        ours=True,
    ),
    Option(
        "notification_buffer_limit",
        Whole(1, unit="bytes"),
        "bytes of notifications held for a client before it is closed",
        ours=True,
    ),
    Option("allow_root", _FLAG, "run as root", reloadable=False, ours=True),
    Option(
        "server_tls_sslnegotiation",
        Choice(SslNegotiation),
        "how TLS begins with a server; direct asks nothing (PostgreSQL 17)",
        ours=True,
    ),
    Option(
        "debug_rotate_servers",
        _FLAG,
        "lend another server after every release, to find what leaks",
        ours=True,
    ),
    Option(
        "session_state",
        Choice(SessionStatePolicy),
        "what becomes of session state in transaction mode",
        ours=True,
    ),
    Option(
        "max_pinned",
        _COUNT,
        "clients per pool that may keep a server for their session state; 0 is half "
        "of the pool",
        ours=True,
    ),
    Option(
        "pin_timeout",
        _SECONDS,
        "idleness at which a client that keeps a server is closed",
        ours=True,
    ),
    Option(
        "multiplexing",
        Choice(Multiplex),
        "whether reads of several clients are sent to one server while none is idle",
        ours=True,
    ),
    Option(
        "multiplexing_depth",
        Whole(1),
        "exchanges that may be in flight on one server",
        ours=True,
    ),
    Option(
        "multiplexing_patience",
        Seconds(0.001),
        "silence of a server at which what waits behind others is taken elsewhere",
        ours=True,
    ),
    Option(
        "multiplexing_reply_limit",
        Whole(1, unit="bytes"),
        "bytes that are held of an answer; of a longer one the server is not shared",
        ours=True,
    ),
    Option(
        "multiplexing_ignore",
        _NAMES,
        "session parameters in which clients that share a server may differ",
        reloadable=False,
        ours=True,
    ),
)

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        option.name: option
        for group in (
            _LISTENING_AND_PROCESS,
            _LOGGING_AND_STATISTICS,
            _POOLING,
            _LIFE_OF_A_SERVER_CONNECTION,
            _LIMITS_ON_CLIENTS,
            _AUTHENTICATION,
            _TLS_TOWARDS_CLIENTS,
            _TLS_TOWARDS_SERVERS,
            _DNS,
            _BUFFERS,
            _OURS,
            (*HTTP, *ALERTS, *LOG),
        )
        for option in group
    }
)
