"""Words that settings can be, and the defaults that are no plain values."""

from enum import StrEnum

DEFAULT_AUTH_QUERY = (
    "SELECT rolname, CASE WHEN rolvaliduntil < now() THEN NULL ELSE rolpassword END "
    "FROM pg_authid WHERE rolname=$1 AND rolcanlogin"
)
DEFAULT_SERVER_PORT = 5432
DEFAULT_PEER_PORT = 6432
FALLBACK_DATABASE = "*"
FALLBACK_SOCKET_DIR = "/tmp"  # noqa: S108 - the directory PostgreSQL itself uses


class PoolMode(StrEnum):
    """How long a server belongs to one client."""

    SESSION = "session"
    TRANSACTION = "transaction"
    STATEMENT = "statement"


class SessionStatePolicy(StrEnum):
    """What becomes of session state that a client makes in transaction mode.

    TRACK keeps what can travel for its client, and the server of a client that made
    what cannot; PIN keeps the server for any of it; REJECT refuses what TRACK would
    keep a server for; IGNORE does as PgBouncer.
    """

    TRACK = "track"
    PIN = "pin"
    REJECT = "reject"
    IGNORE = "ignore"


class Multiplex(StrEnum):
    """Whether exchanges of several clients are sent to one server.

    AUTO: those that may be run twice unseen, where no server is idle.
    """

    AUTO = "auto"
    OFF = "off"


class LogFormat(StrEnum):
    """How the lines of log file and stderr are written."""

    PGBOUNCER = "pgbouncer"
    JSON = "json"


class AuthType(StrEnum):
    """How a client proves who it is."""

    ANY = "any"
    TRUST = "trust"
    PLAIN = "plain"
    MD5 = "md5"
    CERT = "cert"
    HBA = "hba"
    LDAP = "ldap"
    PAM = "pam"
    SCRAM_SHA_256 = "scram-sha-256"


class SslMode(StrEnum):
    """How much TLS is asked for, in libpq's words."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class SslNegotiation(StrEnum):
    """How TLS begins with a server, in libpq's words."""

    POSTGRES = "postgres"
    DIRECT = "direct"


class LoadBalanceHosts(StrEnum):
    """Which host of a list the next server connection goes to."""

    ROUND_ROBIN = "round-robin"
    DISABLE = "disable"
