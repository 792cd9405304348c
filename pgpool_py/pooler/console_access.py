"""Who may use the console, and how far."""

import os
from dataclasses import dataclass
from typing import Final

from pgpool_py import errors
from pgpool_py.settings import AuthType, Settings

# PgBouncer's names for the console's database and for who owns it.
CONSOLE_DATABASE: Final = "pgbouncer"
OWNER: Final = "pgbouncer"


@dataclass(frozen=True, slots=True)
class Access:
    """What one client may do on the console.

    Attributes:
        allowed: whether it may come in at all.
        admin: whether it may do more than look.
        owner: whether the kernel has said who it is: no password is asked for.
    """

    allowed: bool
    admin: bool
    owner: bool = False


def access(settings: Settings, user: str, uid: int | None) -> Access:
    """Tell what a client may do that calls itself ``user``.

    ``uid`` is the kernel's word for who it is, None where it has none.

    Raises:
        LoginError: it claims to own this process, and somebody else does.
    """
    admin = user in settings.admin_users
    named = admin or user in settings.stats_users
    allowed = named or settings.auth_type is AuthType.ANY
    if user == OWNER and uid is not None:
        if uid == os.getuid():
            return Access(allowed=True, admin=True, owner=True)
        # One with that name and a password may be configured as well.
        if not allowed:
            raise errors.unix_socket_rejected(user)
    return Access(allowed, admin)
