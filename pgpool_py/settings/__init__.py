"""Settings as frozen data."""

from .choices import (
    DEFAULT_AUTH_QUERY,
    DEFAULT_PEER_PORT,
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
from .process import Settings

__all__ = [
    "DEFAULT_AUTH_QUERY",
    "DEFAULT_PEER_PORT",
    "DEFAULT_SERVER_PORT",
    "FALLBACK_DATABASE",
    "FALLBACK_SOCKET_DIR",
    "AuthType",
    "DatabaseSettings",
    "Endpoint",
    "LoadBalanceHosts",
    "LogFormat",
    "Multiplex",
    "PeerSettings",
    "PoolMode",
    "PoolSettings",
    "ServerTarget",
    "SessionStatePolicy",
    "Settings",
    "SslMode",
    "SslNegotiation",
    "UserSettings",
]
