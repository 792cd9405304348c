"""Find a PgBouncer to compare with, or fetch a current one.

Distributions carry old versions for years; a figure against one of those would
flatter us. Where the PgBouncer on PATH is older than 1.24, a current one is taken
out of a newer Debian: debootstrap downloads and verifies its packages, they are
unpacked into a cache directory, and it runs from there through that Debian's own
dynamic loader. Nothing of them is installed, and no chroot is made.
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pgpool_py.embedded.account import account_to_become

from .errors import PgbouncerError
from .targets import Program

CURRENT = (1, 24)
RELEASE = "trixie"
FETCH_LIMIT = 600.0
NAME = "pgbouncer"
# What the program needs of that Debian: itself, its libraries, their loader.
KEPT = ("usr/sbin/pgbouncer", "usr/lib64", "usr/lib/{machine}-linux-gnu")


def parse_version(text: str) -> tuple[int, ...]:
    """Read the numbers of `PgBouncer 1.24.1`; PgbouncerError for anything else."""
    found = re.search(r"PgBouncer (\d+(?:\.\d+)*)", text)
    if found is None:
        raise PgbouncerError(f"not a PgBouncer: it calls itself {text[:80]!r}")
    return tuple(int(number) for number in found[1].split("."))


def version(argv: tuple[str, ...]) -> tuple[int, ...]:
    """Ask a command for its version; PgbouncerError when it is none."""
    try:
        done = subprocess.run(
            [*argv, "-V"], check=False, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PgbouncerError(f"cannot run {argv[0]}: {error}") from error
    return parse_version(done.stdout + done.stderr)


def cache_directory() -> Path:
    """Return `PGPOOL_BENCH_CACHE`, else `.cache` beside this package."""
    named = os.environ.get("PGPOOL_BENCH_CACHE")
    return Path(named) if named else Path(__file__).parent.parent / ".cache"


def cached(root: Path) -> tuple[str, ...] | None:
    """Return the command that runs the PgBouncer below `root`, None if absent."""
    libraries = root / "usr/lib" / f"{platform.machine()}-linux-gnu"
    loaders = sorted((root / "usr/lib64").glob("ld-linux*")) or sorted(
        libraries.glob("ld-linux*")
    )
    program = root / "usr/sbin/pgbouncer"
    if not loaders or not program.exists():
        return None
    return (str(loaders[0]), "--library-path", str(libraries), str(program))


def fetch(root: Path) -> tuple[str, ...]:
    """Unpack a current PgBouncer into `root`: half a minute, needs root.

    Raises PgbouncerError when that cannot be done here.
    """
    # Root may have the search path of a user, as behind su.
    tool = shutil.which("debootstrap") or shutil.which("debootstrap", path="/usr/sbin")
    if tool is None or os.geteuid() != 0:
        raise PgbouncerError(
            "a current PgBouncer can be fetched by root where debootstrap is "
            "installed; else name one with --pgbouncer"
        )
    root.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pgpool-debian-") as name:
        packages, system = Path(name) / "packages", Path(name) / "system"
        call(
            tool,
            "--download-only",
            "--variant=minbase",
            f"--include={NAME}",
            RELEASE,
            str(packages),
        )
        for package in sorted(packages.glob("var/cache/apt/archives/*.deb")):
            call("dpkg-deb", "--extract", str(package), str(system))
        keep(system, root)
    command = cached(root)
    if command is None:
        raise PgbouncerError(f"Debian {RELEASE} brought no PgBouncer into {root}")
    return command


def call(*argv: str) -> None:
    """Run one command of the fetching; PgbouncerError with its last line if it fails.

    It may take up to ten minutes, for a mirror may be slow.
    """
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FETCH_LIMIT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PgbouncerError(f"{argv[0]} did not end well: {error}") from error
    if done.returncode:
        last = done.stdout.splitlines()[-1:] or ["it said nothing"]
        raise PgbouncerError(f"{argv[0]} failed: {last[0]}")


def keep(system: Path, root: Path) -> None:
    """Copy what PgBouncer needs out of `system`, then put it at `root` in one step."""
    partial = Path(tempfile.mkdtemp(prefix="partial-", dir=root.parent))
    try:
        partial.chmod(0o755)
        for pattern in KEPT:
            path = pattern.format(machine=platform.machine())
            source, target = system / path, partial / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True)
            elif source.exists():
                shutil.copy2(source, target)
        partial.rename(root)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def find(given: tuple[str, ...] | None) -> Program:
    """Return the PgBouncer to compare with.

    The one given, else a current one from PATH, from the cache or newly fetched,
    else an old one from PATH. Raises PgbouncerError when there is none.
    """
    if given is not None:
        return program(given)
    installed = shutil.which(NAME) or shutil.which(NAME, path="/usr/sbin")
    if installed is not None and version((installed,)) >= CURRENT:
        return program((installed,))
    root = cache_directory() / f"pgbouncer-{RELEASE}-{platform.machine()}"
    try:
        return program(cached(root) or fetch(root))
    except PgbouncerError:
        if installed is None:
            raise
        return program((installed,))


def program(argv: tuple[str, ...]) -> Program:
    """Return the program of a command, with its version; it refuses to be root."""
    numbers = ".".join(str(number) for number in version(argv))
    return Program(NAME, argv, f"PgBouncer {numbers}", account_to_become())
