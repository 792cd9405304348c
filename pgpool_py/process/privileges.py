"""Giving up root before anything from outside is touched."""

import importlib
import os
import pwd
from typing import Final

from pgpool_py.settings import Settings

# What the standard library imports when it first needs it: for a name's addresses, and
# for the thread that looks them up. Python may lie in a directory that only root can
# read.
_NEEDED_LATER: Final = ("encodings.idna", "concurrent.futures.thread")


_INSTEAD: Final = (
    "set user= in the configuration, use -u USER, or insist with --allow-root"
)
# Where there is no file to set anything in.
_INSTEAD_ALONE: Final = (
    "use -u USER or PGPOOL_USER=USER, or insist with --allow-root or "
    "PGPOOL_ALLOW_ROOT=1"
)


class PrivilegeError(Exception):
    """The process may not run as it was started; the text says what to do."""


def drop(settings: Settings, *, allow_root: bool) -> None:
    """Become the configured user, if this is root; else see that it is not root.

    Raises:
        PrivilegeError: root without ``user`` and without leave to stay root; or the
            user does not exist, or cannot be become.
    """
    if settings.user:
        _become(settings.user)
    if os.getuid() == 0 and not (allow_root or settings.allow_root):
        instead = _INSTEAD if settings.conffile else _INSTEAD_ALONE
        raise PrivilegeError(f"pgpool-py should not run as root: {instead}")


def _become(name: str) -> None:
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        raise PrivilegeError(f'user "{name}" does not exist') from None
    if os.getuid() == account.pw_uid:
        return
    for module in _NEEDED_LATER:
        importlib.import_module(module)
    try:
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    except PermissionError:
        current = pwd.getpwuid(os.getuid()).pw_name
        raise PrivilegeError(
            f'cannot become user "{name}": this process runs as "{current}", only '
            "root can change"
        ) from None
