"""How to start the pooler of this repository."""

import importlib.metadata
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pgpool_py.embedded.account import Account, account_to_become

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
        return program(given, shlex.join(given), account_to_become())
    if not (PACKAGE / "__main__.py").exists():
        raise OursError(f"{PACKAGE.name} has no __main__.py yet")
    title = f"pgpool-py {release()}, Python {platform.python_version()}"
    argv = (sys.executable, "-m", "pgpool_py")
    stranger = account_to_become()
    if stranger is None:
        return program(argv, title, None)
    if account.can_run([sys.executable, "-c", "import pgpool_py"], stranger):
        return program(argv, title, stranger)
    return program((*argv, "--allow-root"), title, None)


def program(argv: tuple[str, ...], version: str, run_as: Account | None) -> Program:
    """Return our pooler as a program, which knows settings of its own."""
    return Program(NAME, argv, version, run_as, settings={})


def told(program: Program, name: str, settings: Mapping[str, str]) -> Program:
    """Return a program of that name which always has these settings besides."""
    given = {**(program.settings or {}), **settings}
    return replace(program, name=name, settings=given)


def release() -> str:
    """Return the version of the installed distribution."""
    try:
        return importlib.metadata.version("pgpool-py")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
