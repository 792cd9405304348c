"""A container of the image: a root that nobody can write to, and whom it runs as."""

import fcntl
import shutil
import socket
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.fixtures.waiting import PATIENCE

from .image import Image
from .system import PATH

#: netdevice(7).
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 1


def bring_up_loopback() -> None:
    """Make 127.0.0.1 work in a network namespace that is new."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sH14x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, asked)


def make_read_only(root: Path) -> None:
    """Mount it over itself, as --read-only does; gone with the mount namespace."""
    for arguments in (
        ["--bind", str(root), str(root)],
        ["--rbind", "/proc", str(root / "proc")],
        ["-o", "remount,bind,ro", str(root)],
    ):
        subprocess.run(["mount", *arguments], check=True)


class Container:
    """Runs commands in ``root`` as the image's user, with its environment.

    Args:
        image: what the Dockerfile says.
        root: read-only.
        given: by who runs it, as with --env.
    """

    def __init__(self, image: Image, root: Path, given: Mapping[str, str]) -> None:
        self.image = image
        chroot = shutil.which("chroot") or "/usr/sbin/chroot"
        user, group = image.user
        self._within = [chroot, f"--userspec={user}:{group}", "--groups=", str(root)]
        self._environment = {"PATH": PATH, **image.environment, **given}

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start what ENTRYPOINT and CMD say; it prints to ``log``."""
        with log.open("wb") as out:
            return subprocess.Popen(
                [*self._within, *self.image.command],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def run(self, command: list[str]) -> tuple[int, str]:
        """Return the exit status of another command, and what it prints."""
        done = subprocess.run(
            [*self._within, *command],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout

    def health(self) -> tuple[int, str]:
        """Do what HEALTHCHECK says."""
        return self.run(self.image.health)
