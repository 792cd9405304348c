"""Where a throw-away server lives: its directory, port, environment, settings."""

import os
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

from .account import Account, may_enter
from .errors import EmbeddedError

HOST = "127.0.0.1"

#: Below the range from which Linux takes the ports of outgoing connections, so that
#: a restart finds its port free.
PORTS = range(20000, 32768)

_PREFIX = "pgpool-pg-"

#: Bytes of a unix socket's path, final zero included, on the strictest system that
#: we run on (macOS; Linux has 108).
_SOCKET_PATH_LIMIT = 104
_SOCKET_NAME = ".s.PGSQL.32768"


def make_directory(account: Account | None) -> Path:
    """Make the server's directory, with an empty `log`, for `account` to write in.

    Others may pass through it, to the unix socket, but not look around.

    Raises:
        EmbeddedError: neither TMPDIR nor /tmp can be used.

    """
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - a last try
        if _is_suitable(base, account):
            directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
            (directory / "log").touch()
            directory.chmod(0o711)
            if account is not None:
                os.chown(directory, account.uid, account.gid)
            return directory
    who = "we" if account is None else f"the account {account.name!r}"
    msg = (
        f"no place for a throw-away server: neither {tempfile.gettempdir()} nor /tmp "
        f"is a directory that {who} may enter, with a path short enough for a unix "
        f"socket ({_SOCKET_PATH_LIMIT} bytes); set TMPDIR"
    )
    raise EmbeddedError(msg)


def environment() -> dict[str, str]:
    """Return our environment without what would change the server or psql."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LC_"))}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def is_free(port: int) -> bool:
    """Say whether nobody listens on `port` of 127.0.0.1."""
    with socket.socket() as probe:
        # As PostgreSQL does (pqcomm.c): connections that linger are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def settings_text(settings: Mapping[str, str]) -> str:
    """Return `settings` as lines of postgresql.conf."""
    lines = []
    for name, value in settings.items():
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'\n")
    return "".join(lines)


def dsn(words: Mapping[str, str | None]) -> str:
    """Return a libpq connection string; words without a value are left out."""
    parts = []
    for name, value in words.items():
        if value is not None:
            escaped = value.replace("\\", "\\\\").replace("'", "\\'")
            parts.append(f"{name}='{escaped}'")
    return " ".join(parts)


def _is_suitable(base: Path, account: Account | None) -> bool:
    if len(os.fsencode(base / (_PREFIX + "x" * 8) / _SOCKET_NAME)) >= (
        _SOCKET_PATH_LIMIT
    ):
        return False
    return base.is_dir() and (account is None or may_enter(account, base.resolve()))
