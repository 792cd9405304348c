"""What may stand in connection strings, for databases, users and peers.

Source: PgBouncer 1.25, ``src/loader.c``. Numbers are decimal here; PgBouncer takes
whatever its atoi() makes of the text, we say what is wrong with it. Ours are
``session_state`` and, in libpq's word, ``target_session_attrs``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pgpool_py.settings import (
    LoadBalanceHosts,
    Multiplex,
    PoolMode,
    SessionStatePolicy,
)
from pgwire.session_attrs import TargetSessionAttrs

from .faults import shown
from .option import Effect
from .values import Choice, Kind, Names, Seconds, Text, Whole

_DECIMAL = re.compile(r"[+-]?[0-9]+")
_LEADING_ZEROS = re.compile(r"^([+-]?)0+(?=[0-9])")


@dataclass(frozen=True, slots=True)
class Decimal(Whole):
    """A whole number in decimal, leading zeros or not."""

    def parse(self, text: str) -> int:
        """Return the number; raises ValueError."""
        if _DECIMAL.fullmatch(text) is None:
            raise ValueError(f"{shown(text)} is not a whole number")
        return Whole.parse(self, _LEADING_ZEROS.sub(r"\1", text))


@dataclass(frozen=True, slots=True)
class ConnectionOption:
    """One option: the field that it fills, how it is read, what it does."""

    field: str
    kind: Kind
    effect: Effect = Effect.WORKS


_COUNT = Decimal()
_PORT = Decimal(1, 65535)
_SECONDS = Seconds()
_TEXT = Text()
_MODE = Choice(PoolMode)
_STATE = Choice(SessionStatePolicy)

DATABASE_OPTIONS: Mapping[str, ConnectionOption] = MappingProxyType(
    {
        "dbname": ConnectionOption("dbname", _TEXT),
        "host": ConnectionOption("host", Names()),
        "port": ConnectionOption("port", _PORT),
        "user": ConnectionOption("user", _TEXT),
        "password": ConnectionOption("password", _TEXT),
        "auth_user": ConnectionOption("auth_user", _TEXT),
        "auth_dbname": ConnectionOption("auth_dbname", _TEXT),
        "auth_query": ConnectionOption("auth_query", _TEXT),
        "client_encoding": ConnectionOption("client_encoding", _TEXT),
        "datestyle": ConnectionOption("datestyle", _TEXT),
        "timezone": ConnectionOption("timezone", _TEXT),
        "application_name": ConnectionOption("application_name", _TEXT),
        "pool_size": ConnectionOption("pool_size", _COUNT),
        "min_pool_size": ConnectionOption("min_pool_size", _COUNT),
        "reserve_pool_size": ConnectionOption("reserve_pool_size", _COUNT),
        "reserve_pool": ConnectionOption("reserve_pool_size", _COUNT),
        "query_wait_timeout": ConnectionOption("query_wait_timeout", _SECONDS),
        "max_db_connections": ConnectionOption("max_db_connections", _COUNT),
        "max_db_client_connections": ConnectionOption(
            "max_db_client_connections", _COUNT
        ),
        "server_lifetime": ConnectionOption("server_lifetime", _SECONDS),
        "load_balance_hosts": ConnectionOption(
            "load_balance_hosts", Choice(LoadBalanceHosts)
        ),
        "target_session_attrs": ConnectionOption(
            "target_session_attrs", Choice(TargetSessionAttrs)
        ),
        "pool_mode": ConnectionOption("pool_mode", _MODE),
        "connect_query": ConnectionOption("connect_query", _TEXT),
        "session_state": ConnectionOption("session_state", _STATE),
        "multiplexing": ConnectionOption("multiplexing", Choice(Multiplex)),
    }
)

USER_OPTIONS: Mapping[str, ConnectionOption] = MappingProxyType(
    {
        "pool_mode": ConnectionOption("pool_mode", _MODE),
        "pool_size": ConnectionOption("pool_size", _COUNT),
        "reserve_pool_size": ConnectionOption("reserve_pool_size", _COUNT),
        "max_user_connections": ConnectionOption("max_user_connections", _COUNT),
        "max_user_client_connections": ConnectionOption(
            "max_user_client_connections", _COUNT
        ),
        "query_timeout": ConnectionOption("query_timeout", _SECONDS),
        "query_wait_timeout": ConnectionOption("query_wait_timeout", _SECONDS),
        "idle_transaction_timeout": ConnectionOption(
            "idle_transaction_timeout", _SECONDS
        ),
        "transaction_timeout": ConnectionOption("transaction_timeout", _SECONDS),
        "client_idle_timeout": ConnectionOption("client_idle_timeout", _SECONDS),
        "session_state": ConnectionOption("session_state", _STATE),
        "multiplexing": ConnectionOption("multiplexing", Choice(Multiplex)),
    }
)

PEER_OPTIONS: Mapping[str, ConnectionOption] = MappingProxyType(
    {
        "host": ConnectionOption("host", _TEXT),
        "port": ConnectionOption("port", _PORT),
        "pool_size": ConnectionOption("pool_size", _COUNT),
    }
)
