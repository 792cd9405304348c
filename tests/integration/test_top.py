"""``pgpool-py top`` at a running pooler, once and in a terminal."""

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios

import pytest

from pgpool_py.cli.main import main
from tests.fixtures.messages import query
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler
from tests.fixtures.waiting import PATIENCE, until
from tests.integration.wire import log_in


def test_one_frame_shows_who_waits(
    start_pooler: StartPooler, capsys: pytest.CaptureFixture[str]
) -> None:
    pooler = start_pooler(
        pool_mode="transaction", default_pool_size=1, admin_users=USER
    )
    holder = pooler.keep(pooler.connect())
    holder.execute("BEGIN")
    waiting = log_in(pooler)
    waiting.send(query("SELECT 1"))

    def shown() -> str:
        assert main(["top", "--once", str(pooler.files.ini)]) == 0
        return capsys.readouterr().out

    until(lambda: "Clients that wait" in shown(), "the client waits")
    [line] = [row for row in shown().splitlines() if "█" in row]
    database, user, _, *numbers = line.split()
    assert (database, user) == (DATABASE, USER)
    assert numbers[:3] == ["1/1", "0", "1"]
    has_one = shown().partition("Clients that have a server")[2].splitlines()[2]
    assert has_one.split()[:2] == [DATABASE, USER]
    holder.execute("COMMIT")


def test_one_frame_shows_what_is_paused_or_disabled(
    start_pooler: StartPooler, capsys: pytest.CaptureFixture[str]
) -> None:
    pooler = start_pooler(admin_users=USER)
    with pooler.connect("pgbouncer") as console:
        for order in ("DISABLE", "PAUSE"):
            console.execute(f"{order} {DATABASE}".encode())
    assert main(["top", "--once", str(pooler.files.ini)]) == 0
    shown = capsys.readouterr().out
    assert f"{DATABASE} is paused: its clients wait until RESUME {DATABASE}" in shown
    assert f"{DATABASE} is disabled: nobody is let in until" in shown


def test_where_nobody_answers_that_is_told(
    start_pooler: StartPooler, capsys: pytest.CaptureFixture[str]
) -> None:
    pooler = start_pooler(users={"stranger": ""})
    assert main(["top", "--once", pooler.dsn("pgbouncer", user="stranger")]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "not allowed" in said
    assert "neither admin_users nor stats_users" in said


class Terminal:
    """A pseudo terminal, and what was drawn there."""

    def __init__(self, *arguments: str) -> None:
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.set_blocking(ours, False)
        self._ours = ours
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pgpool_py", "top", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(theirs)
        self._drawn = b""

    def wait_for(self, text: str) -> None:
        """Return when it is drawn, from now on."""
        self._drawn = b""

        def is_drawn() -> bool:
            with contextlib.suppress(BlockingIOError):
                self._drawn += os.read(self._ours, 65536)
            return text.encode() in self._drawn

        until(is_drawn, f"{text!r} is drawn")

    def close(self) -> None:
        os.close(self._ours)


def test_in_a_terminal_it_goes_on_when_the_pooler_is_back(
    start_pooler: StartPooler,
) -> None:
    first = start_pooler(admin_users=USER)
    terminal = Terminal(first.dsn("pgbouncer"), "--interval", "0.1")
    terminal.wait_for("clients 1")
    first.close()
    terminal.wait_for("no answer since ")
    files = first.files
    second = start_pooler(admin_users=USER, listen_port=files.port)
    terminal.wait_for("clients 1")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.process.wait(PATIENCE) == 0
    terminal.close()
    second.close()
