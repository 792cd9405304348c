"""Giving up root; the system calls are stood in for."""

import os
import pwd

import pytest

from pgpool_py.process.privileges import PrivilegeError, drop
from pgpool_py.settings import Settings

NOBODY = pwd.struct_passwd(("nobody", "x", 99, 98, "", "/", "/bin/false"))
ROOT = pwd.struct_passwd(("root", "x", 0, 0, "", "/root", "/bin/sh"))
ACCOUNTS = {"nobody": NOBODY, "root": ROOT}


class System:
    """A process that may or may not change what it is."""

    def __init__(self, uid: int) -> None:
        self.uid = uid
        self.calls: list[tuple[str, int]] = []

    def getuid(self) -> int:
        return self.uid

    def initgroups(self, name: str, gid: int) -> None:
        if self.uid:
            raise PermissionError
        self.calls.append(("groups", gid))

    def setgid(self, gid: int) -> None:
        self.calls.append(("gid", gid))

    def setuid(self, uid: int) -> None:
        self.calls.append(("uid", uid))
        self.uid = uid


def run_as(monkeypatch: pytest.MonkeyPatch, uid: int) -> System:
    system = System(uid)
    for name in ("getuid", "initgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, getattr(system, name))
    by_uid = {account.pw_uid: account for account in ACCOUNTS.values()}
    monkeypatch.setattr(pwd, "getpwnam", ACCOUNTS.__getitem__)
    monkeypatch.setattr(pwd, "getpwuid", by_uid.__getitem__)
    return system


def test_an_ordinary_user_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    system = run_as(monkeypatch, 99)
    drop(Settings(), allow_root=False)
    assert system.calls == []


def test_root_is_refused_and_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, 0)
    with pytest.raises(PrivilegeError, match="--allow-root"):
        drop(Settings(), allow_root=False)


def test_root_may_stay_if_it_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    system = run_as(monkeypatch, 0)
    drop(Settings(), allow_root=True)
    drop(Settings(allow_root=True), allow_root=False)
    assert system.calls == []


def test_root_becomes_the_user_groups_first(monkeypatch: pytest.MonkeyPatch) -> None:
    system = run_as(monkeypatch, 0)
    drop(Settings(user="nobody"), allow_root=False)
    assert system.calls == [("groups", 98), ("gid", 98), ("uid", 99)]


def test_who_is_the_user_already_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = run_as(monkeypatch, 99)
    drop(Settings(user="nobody"), allow_root=False)
    assert system.calls == []


def test_root_as_the_user_still_has_to_be_insisted_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_as(monkeypatch, 0)
    with pytest.raises(PrivilegeError, match="should not run as root"):
        drop(Settings(user="root"), allow_root=False)


def test_a_user_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, 0)
    with pytest.raises(PrivilegeError, match='user "ghost" does not exist'):
        drop(Settings(user="ghost"), allow_root=False)


def test_only_root_can_change(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, 99)
    with pytest.raises(PrivilegeError, match='runs as "nobody", only root can'):
        drop(Settings(user="root"), allow_root=True)
