"""The functions of PostgreSQL, and of what comes with it, that touch the session."""

from collections.abc import Sequence
from typing import Final

from pgwire.classification import Touch

from .calls import Call, arguments, value_of
from .found import NOTHING, REMAINING, UNREAD, Found
from .lexer import Kind, Token
from .setting import changed, literal_name
from .words import NO_TOKEN, word

SET_CONFIG: Final = b"set_config"

#: They run a text: of PostgreSQL, and of the extensions that come with it.
RUNNING_TEXTS: Final = (
    b"query_to_xml",
    b"query_to_xmlschema",
    b"query_to_xml_and_xmlschema",
    b"ts_rewrite",
    b"ts_stat",
    # tablefunc's.
    b"crosstab",
    *(b"crosstab%d" % columns for columns in range(2, 10)),
    b"connectby",
)

#: All of them but set_config, and what they touch.
TOUCHING: Final[dict[bytes, Found]] = {
    **dict.fromkeys(
        (
            b"pg_advisory_lock",
            b"pg_advisory_lock_shared",
            b"pg_try_advisory_lock",
            b"pg_try_advisory_lock_shared",
        ),
        Found(Touch.LOCKS),
    ),
    **dict.fromkeys(
        (
            b"pg_advisory_unlock",
            b"pg_advisory_unlock_shared",
            b"pg_advisory_unlock_all",
        ),
        Found(Touch.GONE),
    ),
    **dict.fromkeys((b"currval", b"lastval"), Found(Touch.LASTING)),
    b"pg_notify": Found(Touch.NOTIFY),
    **dict.fromkeys(
        (
            b"setseed",
            # A backup belongs to the session that began it.
            b"pg_backup_start",
            b"pg_start_backup",
            # Slots may be temporary.
            b"pg_create_logical_replication_slot",
            b"pg_create_physical_replication_slot",
            b"pg_copy_logical_replication_slot",
            b"pg_copy_physical_replication_slot",
            b"pg_replication_origin_session_setup",
            b"dblink_connect",
            b"dblink_connect_u",
        ),
        REMAINING,
    ),
    # pg_trgm's.
    b"set_limit": Found(Touch.PARAMETERS, parameters=("pg_trgm.similarity_threshold",)),
    **dict.fromkeys(RUNNING_TEXTS, UNREAD),
}


# It may be the search path, or one with a dot, of which PostgreSQL does not tell.
_UNNAMED: Final = Found(Touch.PARAMETERS | Touch.PATH | Touch.LASTING)
_UNNAMED_LOCAL: Final = Found(Touch.READING | Touch.PATH)


def touched_by(call: Call, tokens: Sequence[Token]) -> Found:
    """Say what a call touches; of functions that are not known, nothing.

    The schema does not matter: one that is found on the search path is taken.
    """
    if call.name == SET_CONFIG:
        return _set_config(arguments(tokens, call.opening))
    return TOUCHING.get(call.name, NOTHING)


def _set_config(given: Sequence[Sequence[Token]]) -> Found:
    local = word(given[2], 0) if len(given) == 3 and len(given[2]) == 1 else b""
    token = value_of(given[0]) if len(given) == 3 else None
    name = literal_name(token) if token is not None else None
    if name is None:
        return _UNNAMED_LOCAL if local == b"true" else _UNNAMED
    value = value_of(given[1])
    if value is None or value.kind is not Kind.STRING:
        value = NO_TOKEN
    return changed((name,), local=local == b"true", value=(value,))
