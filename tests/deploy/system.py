"""A directory that is what the image is, with Debian's Python for its base's."""

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.fixtures.cache import CACHE, alone

from .image import ROOT, Image

#: The Debian whose Python is the one of the image's base.
RELEASE: Final = "trixie"
_PACKAGES: Final = "python3,python3-pip"

#: Seconds; a mirror may be slow.
_TIMEOUT: Final = 600

#: Where Docker has commands looked for.
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Debian's pip leaves /usr/local alone unless it is told that nobody minds.
_PIP: Final = {"PIP_BREAK_SYSTEM_PACKAGES": "1", "PIP_ROOT_USER_ACTION": "ignore"}


class CannotBuildError(Exception):
    """It cannot be made here; the text says why."""


def fetched() -> Path:
    """Return a Debian with Python and pip, of the cache or newly fetched."""
    # Root may have the search path of a user, as behind su.
    tool = shutil.which("debootstrap") or shutil.which("debootstrap", path="/usr/sbin")
    if os.geteuid() != 0 or tool is None:
        raise CannotBuildError("this needs root, and the package debootstrap")
    with alone("image"):
        kept = CACHE / f"image-{RELEASE}-{platform.machine()}"
        if not kept.exists():
            partial = kept.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            options = ["--variant=minbase", f"--include={_PACKAGES}"]
            _run([tool, *options, RELEASE, str(partial)])
            partial.rename(kept)
    return kept


def build(image: Image, system: Path, root: Path) -> None:
    """Make ``root`` of ``system`` as the Dockerfile's stages do."""
    _run(["cp", "--archive", "--reflink=auto", str(system), str(root)])
    wheels = ["--no-build-isolation", "--wheel-dir", str(root / "wheels")]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    _run([*pip, "wheel", "--quiet", *wheels, f"{ROOT}[metrics]"])
    within = ["chroot", str(root)]
    told = re.search(r"^python:(\d+\.\d+)", image.base)
    has = _run([*within, "python3", "--version"], {"PATH": PATH})
    if told is None or not has.startswith(f"Python {told[1]}."):
        raise CannotBuildError(f"{image.base} is not like {RELEASE}, which has {has}")
    _run([*within, "sh", "-ec", image.run], {"PATH": PATH, **_PIP})


def _run(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    """Return what it prints.

    Raises:
        CannotBuildError: it failed; with all that it has printed.
    """
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotBuildError(f"{command[0]} did not end well: {error}") from error
    if done.returncode != 0:
        raise CannotBuildError(f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout.strip()
