"""Errors about session state that cannot be kept in transaction mode."""

from collections.abc import Mapping
from typing import Final

from pgwire.classification import Touch

from .tree import DeadlineError, LimitError, Severity, StatementError

_READABLE: Final = (
    "It has more than 16 KiB, a backslash in a plain literal, or a name with U&; or it "
    "runs a text. Write E'...' for such literals, and pass values as parameters."
)

_OTHERWISE: Final[Mapping[Touch, tuple[str, str]]] = {
    Touch.LOCKS: (
        "an advisory lock of the session",
        "Take it with pg_advisory_xact_lock, which ends with the transaction.",
    ),
    Touch.TEMPORARY: (
        "a temporary object",
        "Create it with ON COMMIT DROP inside a transaction.",
    ),
    Touch.CURSORS: (
        "a cursor WITH HOLD",
        "Declare it without WITH HOLD, and read it inside its transaction.",
    ),
    Touch.LASTING: (
        "session state that PostgreSQL does not show (LOAD, setseed, currval, lastval)",
        "Use INSERT ... RETURNING, and session_preload_libraries.",
    ),
    Touch.UNREAD: (
        "a statement that is not read",
        _READABLE,
    ),
    Touch.OPAQUE: (
        "a statement whose effect on the session cannot be seen",
        "Send its parts as statements of their own.",
    ),
}


def session_state_rejected(touches: Touch, statement: str) -> StatementError:
    """Refuse a statement; ``statement`` is its text without literals."""
    what, otherwise = next(
        (words for touch, words in _OTHERWISE.items() if touches & touch),
        ("session state", ""),
    )
    return StatementError(
        f"{what} is not allowed in transaction mode",
        "55000",
        severity=Severity.ERROR,
        detail=f"session_state is reject. The statement was: {statement}",
        hint=f"{otherwise} Or use session_state = track, or pool_mode = session, for "
        "this database or user.".strip(),
    )


def too_many_pinned(limit: int, holders: str) -> LimitError:
    """Refuse a statement that would keep a server past the transaction."""
    return LimitError(
        "too many clients keep a server for their session state (max_pinned)",
        "53300",
        severity=Severity.ERROR,
        detail=f"max_pinned is {limit}. Kept by: {holders}.",
        hint="End what they hold, raise max_pinned or the pool's size, or use "
        "pool_mode = session.",
    )


def pinned_unseen(limit: int, holders: str) -> LimitError:
    """End a client that keeps a server by what could not be seen in its statement."""
    return LimitError(
        "too many clients keep a server for their session state (max_pinned)",
        "53300",
        detail=f"max_pinned is {limit}. Kept by: {holders}. What this session holds "
        "was made where it cannot be seen, as in DO, CALL or a function.",
        hint="End what they hold, raise max_pinned or the pool's size, or use "
        "pool_mode = session.",
    )


def too_much_state(limit: int) -> LimitError:
    """End a client of which more was set, unseen, than can be found out."""
    return LimitError(
        "too many session parameters were set where it cannot be seen",
        "53400",
        detail=f"What is set may have {limit} bytes with its names. It was set in DO, "
        "CALL or a function.",
        hint="Set less, or set it by SET or set_config in a statement of its own, or "
        "use pool_mode = session.",
    )


def pin_timeout(seconds: float, holdings: str) -> DeadlineError:
    """End a client that kept a server for its session state and sent nothing."""
    return DeadlineError(
        "pin_timeout",
        "57P05",
        detail=f"pin_timeout is {seconds:g} s. The session held: {holdings}.",
        hint="Release what is held when it is not needed, or raise pin_timeout.",
    )
