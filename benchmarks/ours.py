"""How to start the pooler of this repository."""

import importlib.metadata
import platform
import shlex
import sys
from pathlib import Path

from pgpool_py.embedded.account import account_to_become

from . import account
from .errors import OursError
from .targets import Program

NAME = "ours"
PACKAGE = Path(__file__).parent.parent / "pgpool_py"


def find(given: tuple[str, ...] | None) -> Program:
    """Return the command given, else `python -m pgpool_py` of this interpreter.

    As root it steps down to an unprivileged account where that one can read the
    interpreter and the package, and is allowed root otherwise. Raises OursError
    when the package has no `__main__`.
    """
    if given is not None:
        # What stands behind a command is not known: only the command is reported.
        return Program(NAME, given, shlex.join(given), account_to_become())
    if not (PACKAGE / "__main__.py").exists():
        raise OursError(f"{PACKAGE.name} has no __main__.py yet")
    title = f"pgpool-py {release()}, Python {platform.python_version()}"
    argv = (sys.executable, "-m", "pgpool_py")
    stranger = account_to_become()
    if stranger is None:
        return Program(NAME, argv, title, None)
    if account.can_run([sys.executable, "-c", "import pgpool_py"], stranger):
        return Program(NAME, argv, title, stranger)
    return Program(NAME, (*argv, "--allow-root"), title, None)


def release() -> str:
    """Return the version of the installed distribution."""
    try:
        return importlib.metadata.version("pgpool-py")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
