"""What is known of the requests that were sent while a server reads copy data.

A server in copy-in ignores Sync and Flush, and ends the connection at any other
message that is not about COPY (``CopyGetData`` in ``commands/copyfromparse.c``).
CopyDone and CopyFail stand among the requests as marks of where it stops reading so.

Another request in front of these was sent before it was known that a copy-in begins.
The server reads up to it without a pause: it ends the connection there, or the copy-in
has failed before anything was read (a trigger of the statement, a view, FREEZE). Either
way, no Sync in front of it was ignored by a server that goes on.
"""

from collections import deque

from .exchange import COPY_END, ENDS_IN_READY, SYNC, UnaccountedReply, name_of


def stops_reading(behind: deque[int]) -> bool:
    """Whether something was sent at which a server stops reading copy data."""
    return any(not entry & SYNC for entry in behind)


def is_sync_in_data(behind: deque[int]) -> bool:
    """Whether a Sync was sent that a server in copy-in would have ignored.

    If copy-in failed, it may have failed before or after that Sync was read. Not if
    there is a request behind it at which the server would have ended.
    """
    synced = False
    for entry in behind:
        if not entry & SYNC:
            return synced and bool(entry & COPY_END)
        synced = True
    return synced


def drop_ignored(behind: deque[int]) -> None:
    """Drop the Syncs that were ignored by a copy-in that ended well, and its mark.

    Raises:
        UnaccountedReply: it cannot have ended well by what was sent.
    """
    while behind:
        entry = behind.popleft()
        if entry & COPY_END:
            return
        if not entry & SYNC:
            raise UnaccountedReply(
                f"copy-in ended well over an unread {name_of(entry)}"
            )
    raise UnaccountedReply("copy-in ended well without CopyDone")


def is_ready_due(behind: deque[int]) -> bool:
    """Whether a Sync was sent behind CopyDone or CopyFail.

    That is answered, however the copy-in ended.
    """
    synced = False
    for entry in reversed(behind):
        if entry & COPY_END:
            return synced
        synced = synced or bool(entry & SYNC)
    return False


def is_unsynced(behind: deque[int]) -> bool:
    """Whether no Sync or Query is left that ends the batch of an Execute."""
    for entry in reversed(behind):
        if not entry & COPY_END:
            return not entry & ENDS_IN_READY
    return True
