"""The process between us and a throw-away PostgreSQL, which outlives neither.

It is run as a script, by path, with this protocol on its standard streams:

    in   {"start": [argv]}   run the server (one at a time)
         {"signal": n}       send it a signal, such as SIGINT for a fast shutdown
    out  started PID · ready · exited STATUS

The end of its input, whether we closed it or were killed, makes it end the server,
remove the directory and exit. So the ordinary way out and a SIGKILL are one path,
and the kernel calls it. It is the parent of the server, hence no pid it signals can
belong to somebody else; it has no threads and needs only the standard library.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

#: "… connections", or of a standby "… read-only connections".
_READY = b"database system is ready to accept"
_CHUNK = 65536

#: Seconds from SIGQUIT to SIGKILL when the directory is given up.
_LAST_PATIENCE = 10.0


class Keeper:
    """One server process at a time, its log, and the directory of both."""

    def __init__(self, directory: Path, uid: int | None, gid: int | None) -> None:
        self._directory = directory
        self._uid = uid
        self._gid = gid
        self._selector = selectors.DefaultSelector()
        self._selector.register(0, selectors.EVENT_READ)
        self._log: BinaryIO = (directory / "log").open("ab", buffering=0)
        self._input = b""
        self._line = b""
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Serve until the input ends; then leave nothing."""
        try:
            while self._turn(None):
                pass
        finally:
            self._end()

    def _turn(self, timeout: float | None) -> bool:
        """Handle what is readable; return False once the input has ended."""
        for key, _ in self._selector.select(timeout):
            data = _read(key.fd)
            if key.fd != 0:
                self._server_said(data)
            elif not data:
                return False
            else:
                self._input += data
                *lines, self._input = self._input.split(b"\n")
                for line in lines:
                    self._obey(json.loads(line))
        return True

    def _obey(self, command: dict[str, list[str] | int]) -> None:
        match command:
            case {"start": list(argv)}:
                self._start(argv)
            case {"signal": int(number)} if self._child is not None:
                self._child.send_signal(number)

    def _start(self, argv: list[str]) -> None:
        try:
            child = subprocess.Popen(  # noqa: S603 - argv of ours, no shell
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                user=self._uid,
                group=self._gid,
                extra_groups=None if self._uid is None else [],
            )
        except OSError as error:
            self._log.write(f"{error}\n".encode())
            _say("exited 127")
            return
        self._child = child
        if child.stdout is not None:
            self._selector.register(child.stdout, selectors.EVENT_READ)
        _say(f"started {child.pid}")

    def _server_said(self, data: bytes) -> None:
        child = self._child
        if child is None or child.stdout is None:
            return
        if data:
            self._log.write(data)
            *lines, self._line = (self._line + data).split(b"\n")
            self._line = self._line[-_CHUNK:]
            if any(_READY in line for line in lines):
                _say("ready")
            return
        # End of file: postmaster and all backends have closed their log.
        self._selector.unregister(child.stdout)
        child.stdout.close()
        self._child = None
        self._line = b""
        _say(f"exited {child.wait()}")

    def _end(self) -> None:
        deadline = time.monotonic() + _LAST_PATIENCE
        self._selector.unregister(0)
        if self._child is not None:
            self._child.send_signal(signal.SIGQUIT)
        while self._child is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                self._child.kill()
                break
            self._turn(left)
        self._log.close()
        shutil.rmtree(self._directory, ignore_errors=True)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, _CHUNK)
    except ConnectionResetError:
        # Who asked died with an answer unread: an end like any other.
        return b""


def _say(line: str) -> None:
    try:
        os.write(1, f"{line}\n".encode())
    except ConnectionError:
        # Who asked is dead; the end of the input says so too, and is acted on.
        return


def _stay(*_: object) -> None:
    """Outlive a signal sent to all of us: the end of the input is the only end."""


def main(directory: str, uid: str, gid: str) -> None:
    """Keep the server of `directory`, run by the account given or, if "-", by us."""
    # Handlers, not SIG_IGN: a child would inherit that one.
    handler: Callable[..., None] = _stay
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)
    ids = [None if word == "-" else int(word) for word in (uid, gid)]
    Keeper(Path(directory), *ids).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
