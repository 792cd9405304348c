"""Run a program as another account, for poolers refuse to run as root."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from pgpool_py.embedded.account import Account


def start(
    argv: Sequence[str], account: Account | None, directory: Path, output: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a program in `directory`, as `account` if given, output to one file.

    Where util-linux is installed the kernel ends it when we die, however we do.
    """
    guard = shutil.which("setpriv")
    prefix = [] if guard is None else [guard, "--pdeathsig", "KILL", "--"]
    return subprocess.Popen(
        [*prefix, *argv],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def can_run(argv: Sequence[str], account: Account) -> bool:
    """Tell whether `account` may run this short command with success."""
    try:
        done = subprocess.run(
            argv,
            cwd="/",
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            user=account.uid,
            group=account.gid,
            extra_groups=[],
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def give(path: Path, account: Account | None) -> None:
    """Make `account`, if given, the owner of a file or directory."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
