"""What a conversation may contain: groups that can be switched off."""

from enum import Flag, auto


class Feature(Flag):
    """One group of things that clients do."""

    SIMPLE = auto()  # Query, transactions, cursors, COPY to the client
    EXTENDED = auto()  # Parse, Bind, Describe, Execute, Close, Flush, Sync
    # A Query or a FunctionCall behind a batch that no Sync has ended.
    QUERY_IN_BATCH = auto()
    COPY_IN = auto()
    FUNCTION_CALL = auto()
    NOTICES = auto()
    # Clients that go in the middle of something.
    ENDINGS = auto()
    # A Sync in front of or within the data of a copy-in, such as libpq sends.
    SYNC_IN_COPY = auto()
    # More behind that before it is answered. If the copy-in fails, PostgreSQL may have
    # read that Sync as copy data or not.
    MORE_BEHIND_SYNC_IN_COPY = auto()
    # SET and RESET of parameters that PostgreSQL reports.
    PARAMETERS = auto()
    # Named statements, and the unnamed one in a later batch than its Parse.
    PREPARED = auto()
    # BEGIN with an isolation level, where there may be a transaction already. That is
    # refused once a statement has run in it, and a Parse of ours may have.
    ISOLATION = auto()
    # DEALLOCATE ALL and DISCARD ALL.
    DISCARDS = auto()
    # DEALLOCATE of a name that Parse gave.
    DEALLOCATE = auto()
    # PREPARE, EXECUTE and DEALLOCATE in SQL.
    SQL_PREPARED = auto()
    # SET, RESET, set_config of any parameter, and a look at all of them.
    SESSION = auto()
    # SET ROLE and SET SESSION AUTHORIZATION.
    ROLES = auto()
    # LISTEN, UNLISTEN, NOTIFY, on channels of one's own.
    LISTEN = auto()
    # What pins: temporary tables, advisory locks of the session, cursors WITH HOLD.
    TEMPORARY = auto()
    LOCKS = auto()
    HELD_CURSORS = auto()
    # Several clients that read at the same time: what may share servers.
    CROWDS = auto()


#: All of a client's session that is to be kept for it in transaction mode.
STATE = (
    Feature.DEALLOCATE
    | Feature.SQL_PREPARED
    | Feature.SESSION
    | Feature.ROLES
    | Feature.LISTEN
    | Feature.TEMPORARY
    | Feature.LOCKS
    | Feature.HELD_CURSORS
)

#: What the pooler promises.
SUPPORTED = (
    Feature.SIMPLE
    | Feature.EXTENDED
    | Feature.QUERY_IN_BATCH
    | Feature.COPY_IN
    | Feature.FUNCTION_CALL
    | Feature.NOTICES
    | Feature.ENDINGS
    | Feature.SYNC_IN_COPY
    | Feature.MORE_BEHIND_SYNC_IN_COPY
    | Feature.PARAMETERS
    | Feature.PREPARED
    | Feature.DISCARDS
    | Feature.DEALLOCATE
    | Feature.SQL_PREPARED
    | Feature.SESSION
    | Feature.ROLES
    | Feature.LISTEN
    | Feature.TEMPORARY
    | Feature.LOCKS
    | Feature.HELD_CURSORS
)

# PostgreSQL 18.4 answers the Sync behind such a Query by ReadyForQuery `I`, but has
# not ended the transaction: its next statement fails with XX000, "unexpected state
# STARTED", and all that the batch did is lost. 15.18 does not.
_NO_QUERY_IN_BATCH = 18


def supported(postgres: int) -> Feature:
    """Return what can be compared with this major version of PostgreSQL."""
    if postgres >= _NO_QUERY_IN_BATCH:
        # A Sync that a COPY ignores makes such a batch, too.
        return SUPPORTED & ~(Feature.QUERY_IN_BATCH | Feature.MORE_BEHIND_SYNC_IN_COPY)
    return SUPPORTED
