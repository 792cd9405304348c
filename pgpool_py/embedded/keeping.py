"""Our end of the connection to the keeper process."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from .account import Account
from .errors import EmbeddedError

_SCRIPT = Path(__file__).with_name("keeper.py")

#: How much of the server's log an error text carries, in bytes.
_LOG_TAIL = 2000


class Keeping:
    """A running keeper; the directory belongs to it from now on.

    Args:
        directory: what is removed at the end; its file `log` gets the server's log.
        account: whom the server runs as, None for ourselves.
        environment: of the keeper and the server.
        timeout: seconds that any one answer may take.

    """

    def __init__(
        self,
        directory: Path,
        account: Account | None,
        environment: Mapping[str, str],
        timeout: float,
    ) -> None:
        self._log = directory / "log"
        self._timeout = timeout
        self._lines: list[str] = []
        self._rest = b""
        self._runs = False
        ids = ["-", "-"] if account is None else [str(account.uid), str(account.gid)]
        self._socket, theirs = socket.socketpair()
        try:
            # A session of its own: a Ctrl-C in the terminal is for us to act on, in
            # our order. Isolated, without site: it needs the standard library only.
            self._process = subprocess.Popen(  # noqa: S603 - our script, no shell
                [sys.executable, "-I", "-S", str(_SCRIPT), str(directory), *ids],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                env=dict(environment),
                start_new_session=True,
            )
        except BaseException:
            self._socket.close()
            raise
        finally:
            theirs.close()

    def start(self, argv: list[str]) -> int:
        """Run the server and wait until it accepts connections; return its pid.

        Raises:
            EmbeddedError: it ended, or was not ready in time (and then was killed).

        """
        self._catch_up()
        self._tell({"start": argv})
        deadline = time.monotonic() + self._timeout
        pid = 0
        while True:
            match self._answer(deadline).split():
                case ["started", number]:
                    pid = int(number)
                case ["ready"]:
                    return pid
                case ["exited", status]:
                    msg = f"PostgreSQL ended with status {status} while starting"
                    raise EmbeddedError(self._with_log(msg))
                case _:
                    self._kill()
                    msg = f"PostgreSQL was not ready within {self._timeout:g} s"
                    raise EmbeddedError(self._with_log(msg))

    def stop(self, number: signal.Signals) -> None:
        """Send the server a signal and wait until all its processes are gone.

        Where it was stopped before, or ended by itself, there is nothing to do.

        Raises:
            EmbeddedError: they were still there at the deadline, and were killed.

        """
        self._catch_up()
        if not self._runs:
            return
        self._tell({"signal": number.value})
        if not self._has_exited():
            self._kill()
            msg = f"PostgreSQL did not stop within {self._timeout:g} s of {number.name}"
            raise EmbeddedError(self._with_log(msg))

    def close(self) -> None:
        """End whatever runs, remove the directory, and wait for both."""
        self._socket.close()
        try:
            self._process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _catch_up(self) -> None:
        """Hear what the keeper said unasked: that the server ended by itself."""
        while self._answer(time.monotonic()):
            pass

    def _kill(self) -> None:
        # SIGQUIT first: it lets postmaster take its backends and shared memory along.
        for number in (signal.SIGQUIT, signal.SIGKILL):
            self._tell({"signal": number.value})
            if self._has_exited():
                return

    def _has_exited(self) -> bool:
        deadline = time.monotonic() + self._timeout
        while line := self._answer(deadline):
            if line.startswith("exited"):
                return True
        return False

    def _tell(self, command: dict[str, object]) -> None:
        try:
            self._socket.settimeout(self._timeout)
            self._socket.sendall(json.dumps(command).encode() + b"\n")
        except OSError as error:
            raise EmbeddedError(self._gone()) from error

    def _answer(self, deadline: float) -> str:
        """Return the keeper's next line, or "" at the deadline."""
        while not self._lines:
            # A timeout of 0 would make the socket non-blocking instead.
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self._socket.recv(4096)
            except TimeoutError:
                return ""
            except OSError as error:
                raise EmbeddedError(self._gone()) from error
            if not data:
                raise EmbeddedError(self._gone())
            *lines, self._rest = (self._rest + data).split(b"\n")
            self._lines += [line.decode() for line in lines]
        line = self._lines.pop(0)
        if not line.startswith("ready"):
            self._runs = line.startswith("started")
        return line

    def _gone(self) -> str:
        return f"the process that keeps PostgreSQL is gone (pid {self._process.pid})"

    def _with_log(self, message: str) -> str:
        tail = self._log.read_bytes()[-_LOG_TAIL:].decode(errors="replace")
        return f"{message}; its log ends in:\n{tail}"
