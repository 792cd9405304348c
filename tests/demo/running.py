"""A demo in a process of its own, and what it must not leave behind."""

import errno
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Inherited by the pooler and by the keeper of PostgreSQL.
_MARK = "DEMO_TEST_RUN"

#: Seconds until a demo counts as stuck and is killed.
DEADLINE = 60.0

_URL = re.compile(r"postgresql://demo:\S+@127\.0\.0\.1:(\d+)/demo")


class RunningDemo:
    """A started demo; its output is read line by line."""

    def __init__(self, arguments: list[str], temporary: Path) -> None:
        self.temporary = temporary
        self.printed: list[str] = []
        self._mark = secrets.token_hex(8)
        environment = {**os.environ, "TMPDIR": str(temporary), _MARK: self._mark}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pgpool_py", "demo", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            # A process group of its own, as a shell gives it.
            start_new_session=True,
        )

    def read_until(self, pattern: str | re.Pattern[str]) -> re.Match[str]:
        """Read lines up to one in which the pattern is found."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern} not in {self.printed}: {self._errors()}")

    def read_url(self) -> tuple[str, int]:
        """Return the connection URL, and the port in it."""
        found = self.read_until(_URL)
        return found[0], int(found[1])

    def end(self) -> int:
        """Wait until it has ended and return its status; the rest is in `printed`."""
        assert self.process.stdout is not None
        self.printed += self.process.stdout
        return self.process.wait()

    def ctrl_c(self) -> None:
        """Do what a terminal does: tell the whole process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def errors(self) -> str:
        """Return what it wrote to its standard error; only once it has ended."""
        return self._errors()

    def pooler_pid(self) -> int:
        """Return the process id of its pooler."""
        [pid] = [
            p for p, words in self._processes().items() if "pgbouncer.ini" in words
        ]
        return pid

    def leftovers(self) -> list[str]:
        """Return its processes, files and listening ports; only once it has ended."""
        left = [f"{pid} {words}" for pid, words in self._processes().items()]
        left += [str(path) for path in self.temporary.iterdir()]
        for port in set(re.findall(r"127\.0\.0\.1:(\d+)", "".join(self.printed))):
            with socket.socket() as probe:
                refused = probe.connect_ex(("127.0.0.1", int(port)))
            if refused != errno.ECONNREFUSED:
                left.append(f"port {port}")
        return left

    def _processes(self) -> dict[int, str]:
        """Return the command lines of those that carry the mark or use its files."""
        wanted = f"{_MARK}={self._mark}".encode()
        found = {}
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                environment = (directory / "environ").read_bytes().split(b"\0")
                words = (directory / "cmdline").read_bytes().replace(b"\0", b" ")
            except OSError:
                # Gone meanwhile, or somebody else's.
                continue
            if wanted in environment or bytes(self.temporary) in words:
                found[int(directory.name)] = words.decode(errors="replace")
        return found

    def _errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()


@contextmanager
def running_demo(*arguments: str) -> Iterator[RunningDemo]:
    """Start a demo; it is killed if it is stuck or the test fails."""
    temporary = Path(tempfile.mkdtemp(prefix="demo-"))
    # PostgreSQL may run as another user, who must be able to enter.
    temporary.chmod(0o711)
    try:
        demo = RunningDemo(list(arguments), temporary)
        stuck = threading.Timer(DEADLINE, demo.process.kill)
        stuck.start()
        try:
            with demo.process:
                try:
                    yield demo
                finally:
                    if demo.process.poll() is None:
                        demo.process.terminate()
        finally:
            stuck.cancel()
            stuck.join()
    finally:
        shutil.rmtree(temporary)
