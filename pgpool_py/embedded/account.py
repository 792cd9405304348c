"""The account that PostgreSQL runs as: never root, which it refuses."""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from .binaries import WHEEL
from .errors import EmbeddedError

#: Whom root becomes, the first that exists.
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The numeric ids of a user; no supplementary groups are kept."""

    name: str
    uid: int
    gid: int


def account_to_become() -> Account | None:
    """Return the account to drop to, or None where we are not root.

    Raises:
        EmbeddedError: we are root and no unprivileged account exists.

    """
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(name, entry.pw_uid, entry.pw_gid)
    msg = (
        "PostgreSQL does not run as root, and neither of the accounts "
        f"{' and '.join(_UNPRIVILEGED)} exists: create one, or start as another user"
    )
    raise EmbeddedError(msg)


def may_enter(account: Account, path: Path) -> bool:
    """Say whether `account` may pass every directory above `path`, and use it."""
    return all(
        _has_search_bit(account, place.stat()) for place in (path, *path.parents)
    )


def reachable_binaries(bindir: Path, account: Account | None, copies: Path) -> Path:
    """Return a directory with the programs of `bindir` that `account` may run.

    That is `bindir` itself, unless it lies below a closed directory such as /root.
    The wheel's programs run from anywhere, so they are put below `copies` as well.

    Raises:
        EmbeddedError: the programs are closed to the account and not the wheel's.

    """
    bindir = bindir.resolve()
    if account is None or may_enter(account, bindir / "postgres"):
        return bindir
    if bindir.parent.parent.name != WHEEL:
        msg = (
            f"the account {account.name!r}, which PostgreSQL runs as because we are "
            f"root, may not run {bindir / 'postgres'}: open the directories above "
            "it, or name other programs in PGPOOL_POSTGRES_BIN"
        )
        raise EmbeddedError(msg)
    return _put_wheel(bindir, copies)


def _put_wheel(bindir: Path, copies: Path) -> Path:
    # The programs look for their libraries beside the package, relative to
    # themselves, so the layout of site-packages is kept.
    installation, package = bindir.parent, bindir.parent.parent
    unneeded = shutil.ignore_patterns("*.a", "include", "pkgconfig")
    copy = copies / package.name / installation.name
    shutil.copytree(
        installation, copy, ignore=unneeded, symlinks=True, copy_function=_put
    )
    libraries = package.parent / f"{package.name}.libs"
    if libraries.is_dir():
        beside = copies / libraries.name
        shutil.copytree(libraries, beside, symlinks=True, copy_function=_put)
    return copy / "bin"


def _put(source: str, target: str) -> None:
    """Link a file, or copy it where that cannot be, as to another file system.

    They are hundreds, of forty megabytes: most of what such a server's start costs.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _has_search_bit(account: Account, status: os.stat_result) -> bool:
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
