"""Process ids and cancel keys: which client has which."""

import secrets
from collections.abc import Iterator
from os import urandom
from typing import Final

from pgpool_py.client.identity import ClientIdentity
from pgwire.peer_key import (
    MOST_PROCESS_IDS,
    PEER_KEY_SIZE,
    peer_process_id,
    with_all_hops,
)
from pgwire.startup import CancelRequest

# Above PostgreSQL's process ids (PID_MAX_LIMIT of Linux), so that
# pg_terminate_backend of one of ours hits nobody.
FIRST_PID: Final = 4_194_305
_PIDS: Final = 2**31 - FIRST_PID

# Bytes of a cancel key: all that protocol 3.0 has room for, and since 3.2 as many as
# PostgreSQL 18 gives (MAX_CANCEL_KEY_LENGTH of storage/procsignal.h).
_SHORT_KEY: Final = 4
_LONG_KEY: Final = 32
_MINOR_WITH_LONG_KEYS: Final = 2


class CancelKeys:
    """The keys of all clients that are in, by process id."""

    def __init__(self) -> None:
        self._keys: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def new(self, number: int, minor: int, peer_id: int) -> tuple[int, bytes]:
        """Give a process id that nobody has, and a key.

        Args:
            number: unique in this process.
            minor: the x of protocol 3.x that the client was told.
            peer_id: of this process, 0 if it has none.
        """
        if peer_id:
            key = with_all_hops(secrets.token_bytes(PEER_KEY_SIZE))
            return next(self._free(number, peer_id)), key
        long = minor >= _MINOR_WITH_LONG_KEYS
        # What secrets.token_bytes calls by way of two others, at each login.
        key = urandom(_LONG_KEY if long else _SHORT_KEY)
        return FIRST_PID + number % _PIDS, key

    def _free(self, number: int, peer_id: int) -> Iterator[int]:
        """Give process ids that nobody has; no stranger can tell which come.

        Where so many clients are in that all with the peer's id are in use, those
        without it come. Such a client is cancelled by what comes to this process only.
        """
        first = secrets.randbelow(MOST_PROCESS_IDS)
        for step in range(MOST_PROCESS_IDS):
            pid = peer_process_id(peer_id, (first + step) % MOST_PROCESS_IDS)
            if pid not in self._keys:
                yield pid
        for step in range(_PIDS):
            pid = FIRST_PID + (number + step) % _PIDS
            if pid not in self._keys:
                yield pid

    def add(self, identity: ClientIdentity) -> None:
        """Write a client down, when it is in."""
        self._keys[identity.pid] = identity.cancel_key

    def remove(self, identity: ClientIdentity) -> None:
        """Strike it out."""
        self._keys.pop(identity.pid, None)

    def fits(self, request: CancelRequest, *, in_group: bool) -> bool:
        """Tell whether a request has the key of the client whose process id it has.

        In a group it may have come by way of others, which have lowered its hops.
        """
        key = self._keys.get(request.pid)
        if key is None:
            return False
        given = with_all_hops(request.key) if in_group else request.key
        # In a time that does not tell how much of it was right.
        return secrets.compare_digest(key, request.key) or secrets.compare_digest(
            key, given
        )
