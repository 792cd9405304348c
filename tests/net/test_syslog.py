"""Lines for syslog: their form, and that they are lost rather than waited for."""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pgpool_py.log import NOISE, Log, about
from pgpool_py.net.syslog import (
    MOST_BYTES,
    QUIET,
    SyslogHandler,
    syslog_handler,
)
from pgpool_py.settings import Settings

Keep = Callable[[socket.socket], socket.socket]

logger = logging.getLogger("pgpool_py.test")


class Daemon:
    """Who listens on /dev/log."""

    def __init__(self, keep: Keep, path: Path) -> None:
        self._socket = keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self._socket.bind(str(path))
        self._socket.setblocking(False)

    def heard(self) -> list[str]:
        lines = []
        while True:
            try:
                lines.append(self._socket.recv(65536).decode())
            except BlockingIOError:
                return lines

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dev-log"


@pytest.fixture
def logfile(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def handler(path: Path) -> SyslogHandler:
    return SyslogHandler("bouncer", "local3", str(path))


@pytest.fixture
def log(logfile: Path, handler: SyslogHandler) -> Iterator[Log]:
    """Log everything, to a file and to syslog."""
    with Log(str(logfile), verbose=3, to_stderr=False) as log:
        log.copy_to(handler)
        yield log


@pytest.mark.usefixtures("log")
def test_a_line_has_priority_time_name_process_and_text(
    keep: Keep, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = Daemon(keep, path)
    seventh = time.mktime((2026, 11, 7, 7, 29, 7, 0, 0, -1))
    monkeypatch.setattr(time, "time", lambda: seventh)
    monkeypatch.setattr(time, "time_ns", lambda: int(seventh) * 10**9)
    logger.info("in\n%s", 1, extra=about("C-0x1: app/alice@unix:6432"))
    # local3 is 19, informational 6.
    (line,) = daemon.heard()
    assert line == (
        f"<158>Nov  7 07:29:07 bouncer[{os.getpid()}]: "
        r"C-0x1: app/alice@unix:6432 in\x0a1"
    )


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (logging.CRITICAL, 2),
        (logging.ERROR, 3),
        (logging.WARNING, 4),
        (logging.INFO, 6),
        (logging.DEBUG, 7),
        (NOISE, 7),
    ],
)
def test_each_level_has_pgbouncers_severity(
    keep: Keep, path: Path, level: int, severity: int
) -> None:
    daemon = Daemon(keep, path)
    logger.log(level, "x")
    (line,) = daemon.heard()
    assert line.startswith(f"<{19 * 8 + severity}>")


@pytest.mark.parametrize(
    ("facility", "code"),
    [("user", 1), ("daemon", 3), ("auth", 4), ("authpriv", 10), ("local7", 23)],
)
def test_facilities_have_the_codes_of_the_rfc(
    keep: Keep, path: Path, facility: str, code: int
) -> None:
    daemon = Daemon(keep, path)
    handler = SyslogHandler("x", facility, str(path))
    handler.handle(logging.makeLogRecord({"msg": "x", "levelno": logging.INFO}))
    handler.close()
    (line,) = daemon.heard()
    assert line.startswith(f"<{code * 8 + 6}>")


@pytest.mark.usefixtures("log")
def test_a_traceback_is_one_line_after_the_other(keep: Keep, path: Path) -> None:
    daemon = Daemon(keep, path)
    try:
        raise ValueError("why")
    except ValueError:
        logger.exception("broken")
    first, *_, last = daemon.heard()
    assert first.endswith("]: broken")
    assert last.endswith("]: ValueError: why")


@pytest.mark.usefixtures("log")
def test_a_line_that_no_daemon_takes_is_cut(keep: Keep, path: Path) -> None:
    daemon = Daemon(keep, path)
    logger.info("x" * 2 * MOST_BYTES)
    (line,) = daemon.heard()
    assert len(line) == MOST_BYTES


@pytest.mark.usefixtures("log")
def test_without_a_daemon_that_is_said_once(logfile: Path, path: Path) -> None:
    for number in range(3):
        logger.info("line %d", number)
    lines = logfile.read_text().splitlines()
    (told,) = [line for line in lines if "syslog: lines are lost" in line]
    assert f"WARNING syslog: lines are lost: {path}: No such file" in told
    assert len(lines) == 4


@pytest.mark.usefixtures("log")
def test_a_daemon_that_comes_back_is_told_how_much_was_lost(
    keep: Keep, path: Path
) -> None:
    first = Daemon(keep, path)
    logger.info("one")
    assert first.heard()[0].endswith("one")
    first.close()
    logger.info("two")
    path.unlink()
    second = Daemon(keep, path)
    logger.info("three")
    # "two", and the warning about it.
    assert [line.partition("]: ")[2] for line in second.heard()] == [
        "three",
        "syslog: 2 lines lost",
    ]


@pytest.mark.usefixtures("log")
def test_a_daemon_that_was_only_started_anew_loses_nothing(
    keep: Keep, path: Path
) -> None:
    first = Daemon(keep, path)
    logger.info("one")
    first.close()
    path.unlink()
    second = Daemon(keep, path)
    logger.info("two")
    assert [line.partition("]: ")[2] for line in second.heard()] == ["two"]


@pytest.mark.usefixtures("log")
def test_a_daemon_that_does_not_read_is_not_waited_for(
    keep: Keep, path: Path, logfile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = Daemon(keep, path)
    for number in range(2000):
        logger.info("line %d", number)
    assert logfile.read_text().count("syslog: lines are lost") == 1
    assert len(daemon.heard()) < 2000
    # It reads a little again and again: that is no news each time.
    for number in range(2000):
        logger.info("line %d", number)
        if not number % 100:
            daemon.heard()
    text = logfile.read_text()
    assert text.count("syslog: lines are lost") == 1
    assert text.count("lines lost") == 1
    daemon.heard()
    later = time.time() + QUIET + 1
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "time_ns", lambda: int(later * 10**9))
    for number in range(2000):
        logger.info("line %d", number)
    assert logfile.read_text().count("syslog: lines are lost") == 2


def test_it_can_be_taken_back_and_exchanged(
    keep: Keep, path: Path, log: Log, tmp_path: Path
) -> None:
    daemon = Daemon(keep, path)
    log.copy_to(None)
    logger.info("nowhere")
    assert daemon.heard() == []
    other = tmp_path / "other"
    log.copy_to(SyslogHandler("x", "user", str(other)))
    second = Daemon(keep, other)
    logger.info("there")
    assert daemon.heard() == []
    assert len(second.heard()) == 1


def test_there_is_a_handler_only_where_one_is_asked_for() -> None:
    assert syslog_handler(Settings()) is None
    handler = syslog_handler(Settings(syslog=True, syslog_facility="local0"))
    assert handler is not None
    handler.close()
