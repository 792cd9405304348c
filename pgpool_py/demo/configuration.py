"""The two files that the demo's pooler is started on, and the URL they lead to."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pgpool_py.embedded.account import Account
from pgpool_py.embedded.place import HOST

from .options import Options

#: The one user of the demo and its database have the same name.
USER: Final = "demo"
CONSOLE: Final = "pgbouncer"

#: Clients beside those of the workload: ours on the console, and the spectators'.
_SPECTATORS: Final = 36


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach the pooler; the password is made up for one run."""

    port: int
    password: str

    def __repr__(self) -> str:
        """Say where; the password does not show."""
        return f"<Access {HOST}:{self.port}>"

    def url(self, database: str = USER) -> str:
        """Return the connection URL of a database, password included."""
        return f"postgresql://{USER}:{self.password}@{HOST}:{self.port}/{database}"


def write(
    directory: Path,
    options: Options,
    access: Access,
    server_port: int,
    account: Account | None,
) -> Path:
    """Write pgbouncer.ini and userlist.txt; return the path of the first.

    With an account the pooler becomes it, so directory and files are made its own.
    """
    userlist = directory / "userlist.txt"
    ini = directory / "pgbouncer.ini"
    userlist.touch(mode=0o600)
    userlist.write_text(f'"{USER}" "{access.password}"\n', encoding="utf-8")
    text = _ini(options, access.port, server_port, userlist)
    if account is not None:
        text += f"user = {account.name}\n"
    ini.write_text(text, encoding="utf-8")
    if account is not None:
        for path in (directory, userlist, ini):
            os.chown(path, account.uid, account.gid)
    return ini


def _ini(options: Options, port: int, server_port: int, userlist: Path) -> str:
    return f"""\
[databases]
{USER} = host={HOST} port={server_port} dbname={USER}

[pgbouncer]
listen_addr = {HOST}
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {userlist}
admin_users = {USER}
pool_mode = transaction
default_pool_size = {options.pool_size}
max_client_conn = {options.clients + _SPECTATORS}
log_connections = 0
log_disconnections = 0
"""
