"""Leaving the terminal; the system calls are stood in for."""

import os

import pytest

from pgpool_py.process.daemon import DaemonError, check_daemon, detach
from pgpool_py.settings import Settings


class Gone(BaseException):
    """The parent ended."""


def stand_in(monkeypatch: pytest.MonkeyPatch, forks: list[int]) -> list[str]:
    calls: list[str] = []

    def fork() -> int:
        calls.append("fork")
        return forks.pop(0)

    def leave(status: int) -> None:
        calls.append(f"exit {status}")
        raise Gone

    def open_nine(path: str, flags: int) -> int:
        calls.append(path)
        return 9

    monkeypatch.setattr(os, "fork", fork)
    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr(os, "setsid", lambda: calls.append("setsid"))
    monkeypatch.setattr(os, "open", open_nine)
    monkeypatch.setattr(os, "dup2", lambda old, new: calls.append(f"{old} to {new}"))
    monkeypatch.setattr(os, "close", lambda fd: calls.append(f"close {fd}"))
    return calls


def test_the_last_child_leads_no_session_and_so_gets_no_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = stand_in(monkeypatch, [0, 0])
    detach()
    assert calls == [
        "fork",
        "setsid",
        "fork",
        os.devnull,
        "9 to 0",
        "9 to 1",
        "9 to 2",
        "close 9",
    ]


@pytest.mark.parametrize("forks", [[4711], [0, 4712]])
def test_the_parents_end_well(
    monkeypatch: pytest.MonkeyPatch, forks: list[int]
) -> None:
    calls = stand_in(monkeypatch, forks)
    with pytest.raises(Gone):
        detach()
    assert calls[-1] == "exit 0"


def test_a_daemon_must_be_found_and_heard() -> None:
    with pytest.raises(DaemonError, match="pidfile"):
        check_daemon(Settings(logfile="log"))
    with pytest.raises(DaemonError, match="logfile"):
        check_daemon(Settings(pidfile="pid"))
    check_daemon(Settings(pidfile="pid", logfile="log"))
    check_daemon(Settings(pidfile="pid", syslog=True))
