"""Leaving the terminal; the system calls are stood in for."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from pgpool_py.process.daemon import DaemonError, check_daemon, detach, tell_serving
from pgpool_py.settings import Settings


class Gone(BaseException):
    """The parent ended."""


@dataclass
class System:
    """Stands in for the system's calls and writes them down.

    ``read`` is what comes out of the pipe, whose ends are 7 and 8; ``gone`` says that
    nobody reads there.
    """

    forks: list[int]
    read: list[bytes] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    gone: bool = False

    def note(self, *words: object) -> None:
        self.calls.append(" ".join(map(str, words)))

    def fork(self) -> int:
        self.note("fork")
        return self.forks.pop(0)

    def leave(self, status: int) -> None:
        self.note("exit", status)
        raise Gone

    def open(self, path: str, flags: int) -> int:
        self.note(path)
        return 9

    def write(self, descriptor: int, data: bytes) -> int:
        if self.gone:
            raise BrokenPipeError
        self.note("write", descriptor, data)
        return len(data)


@contextmanager
def stood_in(*forks: int, read: Sequence[bytes] = ()) -> Iterator[System]:
    """Stand in for the system no longer than this lasts: pytest needs it."""
    system = System(list(forks), list(read))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pipe", lambda: (7, 8))
        patch.setattr(os, "fork", system.fork)
        patch.setattr(os, "_exit", system.leave)
        patch.setattr(os, "setsid", lambda: system.note("setsid"))
        patch.setattr(os, "open", system.open)
        patch.setattr(os, "dup2", lambda old, new: system.note(old, "to", new))
        patch.setattr(os, "close", lambda fd: system.note("close", fd))
        patch.setattr(os, "write", system.write)
        patch.setattr(os, "read", lambda fd, size: system.read.pop(0))
        yield system


def test_the_last_child_leads_no_session_and_so_gets_no_terminal() -> None:
    with stood_in(0, 0) as system:
        detach()
    assert system.calls == [
        "fork",
        "close 7",
        "setsid",
        "fork",
        "8 to 2",
        "close 8",
        os.devnull,
        "9 to 0",
        "9 to 1",
        "close 9",
    ]


def test_who_leads_the_session_ends_at_once() -> None:
    with stood_in(0, 4712) as system, pytest.raises(Gone):
        detach()
    assert system.calls[-2:] == ["fork", "exit 0"]


def test_who_started_it_waits_until_it_serves() -> None:
    with stood_in(4711, read=[b"a warn", b"ing\n\0"]) as system, pytest.raises(Gone):
        detach()
    assert system.calls == [
        "fork",
        "close 8",
        "write 2 b'a warn'",
        "write 2 b'ing\\n'",
        "exit 0",
    ]


def test_who_started_it_fails_with_it_and_says_its_last_words() -> None:
    with stood_in(4711, read=[b"no such file\n", b""]) as system, pytest.raises(Gone):
        detach()
    assert system.calls[-2:] == ["write 2 b'no such file\\n'", "exit 1"]


def test_an_end_without_a_word_is_told_of() -> None:
    with stood_in(4711, read=[b""]) as system, pytest.raises(Gone):
        detach()
    assert system.calls[-1] == "exit 1"
    assert "has ended before it served" in system.calls[-2]


def test_once_it_serves_there_is_no_stderr() -> None:
    with stood_in() as system:
        tell_serving()
    assert system.calls == ["write 2 b'\\x00'", os.devnull, "9 to 2", "close 9"]


def test_it_serves_though_who_started_it_is_gone() -> None:
    with stood_in() as system:
        system.gone = True
        tell_serving()
    assert system.calls == [os.devnull, "9 to 2", "close 9"]


def test_a_daemon_must_be_found_and_heard() -> None:
    with pytest.raises(DaemonError, match="pidfile"):
        check_daemon(Settings(logfile="log"))
    with pytest.raises(DaemonError, match="logfile"):
        check_daemon(Settings(pidfile="pid"))
    check_daemon(Settings(pidfile="pid", logfile="log"))
    check_daemon(Settings(pidfile="pid", syslog=True))
