"""systemd's side of a service: its unit, its notifications, its sockets."""

import contextlib
import os
import select
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from configparser import ConfigParser
from pathlib import Path

from tests.fixtures.waiting import PATIENCE

#: Between fork and exec, systemd puts the sockets in their places and tells the process
#: that they are its own.
_BETWEEN = """
import fcntl, os, sys
count = int(sys.argv[1])
given = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[2:2 + count]]
for number, fd in enumerate(given, 3):
    os.dup2(fd, number)
    os.close(fd)
if count:
    os.environ["LISTEN_FDS"] = str(count)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDNAMES"] = ":".join(["pgbouncer.socket"] * count)
os.execvp(sys.argv[2 + count], sys.argv[2 + count:])
"""


class Unit:
    """One service: started, reloaded and stopped as its unit file says.

    Args:
        text: of the unit file, with ExecStart as it is to be run.
        directory: for the socket of the notifications.
        log: where its output goes.
        sockets: to pass to it.
    """

    def __init__(
        self,
        text: str,
        directory: Path,
        log: Path,
        sockets: Sequence[socket.socket] = (),
    ) -> None:
        unit = ConfigParser(interpolation=None)
        # Names are not to become lower case, as ConfigParser would have it.
        unit.optionxform = str  # type: ignore[assignment, method-assign]
        unit.read_string(text)
        self._service = unit["Service"]
        assert self._service["Type"] == "notify"
        self._log = log
        name = directory / "notify"
        name.unlink(missing_ok=True)
        self._notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notifications.bind(str(name))
        self._notifications.settimeout(PATIENCE)
        numbers = [str(sock.fileno()) for sock in sockets]
        command = shlex.split(self._service["ExecStart"])
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _BETWEEN, str(len(numbers)), *numbers, *command],
                pass_fds=[sock.fileno() for sock in sockets],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={
                    **os.environ,
                    "NOTIFY_SOCKET": str(name),
                    "PYTHONPATH": os.pathsep.join(sys.path),
                },
            )

    @property
    def log(self) -> str:
        """All that it has printed so far."""
        return self._log.read_text()

    def notification(self) -> str:
        """Return the next one."""
        try:
            return self._notifications.recv(4096).decode()
        except TimeoutError:
            raise AssertionError(f"no notification; the log is:\n{self.log}") from None

    def wait_for(self, wanted: str) -> str:
        """Return the next notification that begins so."""
        while not (heard := self.notification()).startswith(wanted):
            pass
        return heard

    @property
    def heard(self) -> bool:
        """Whether there is a notification that was not taken yet."""
        return bool(select.select([self._notifications], [], [], 0)[0])

    def reload(self) -> None:
        """Run ExecReload."""
        command = self._service["ExecReload"].replace(
            "$MAINPID", str(self._process.pid)
        )
        subprocess.run(shlex.split(command), check=True)

    def stop(self) -> int:
        """Send KillSignal; return the exit status."""
        name = self._service["KillSignal"]
        subprocess.run(
            ["kill", f"-{name.removeprefix('SIG')}", str(self._process.pid)], check=True
        )
        return self.wait()

    def wait(self) -> int:
        """Return the exit status."""
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        """End it, if it runs, by force."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._notifications.close()


@contextlib.contextmanager
def started(
    text: str, directory: Path, sockets: Sequence[socket.socket] = ()
) -> Iterator[Unit]:
    """Start a unit; end it by force if the test did not."""
    unit = Unit(text, directory, directory / "output", sockets)
    try:
        yield unit
    finally:
        unit.close()
