"""Giving up root; the system calls are stood in for."""

import os
import pwd
import re
import subprocess
import sys

import pytest

from pgpool_py.config.environment import SETTINGS
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
    with pytest.raises(PrivilegeError, match=r"user= in .* -u USER.* --allow-root"):
        drop(Settings(conffile="/etc/pgbouncer.ini"), allow_root=False)


def test_without_a_file_it_is_told_what_stands_in_no_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_as(monkeypatch, 0)
    with pytest.raises(PrivilegeError) as caught:
        drop(Settings(), allow_root=False)
    said = str(caught.value)
    variables = re.findall(r"PGPOOL_\w+", said)
    assert variables == ["PGPOOL_USER", "PGPOOL_ALLOW_ROOT"]
    assert SETTINGS.keys() >= set(variables)
    assert "-u USER" in said
    assert "user=" not in said


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


# A process whose Python cannot be read any more by the user it has become.
BECOMES = """
import asyncio, logging, os, pwd, socket, sys
from pgpool_py.process.privileges import drop
from pgpool_py.settings import Settings

class Closed:
    @staticmethod
    def find_spec(name, path=None, target=None):
        raise ModuleNotFoundError(f"{name} is imported too late")

os.getuid = lambda: 0
os.initgroups = os.setgid = lambda *_: None
os.setuid = lambda _: sys.meta_path.insert(0, Closed)
pwd.getpwnam = lambda name: pwd.struct_passwd((name, "x", 99, 98, "", "/", "/bin/sh"))

drop(Settings(user="somebody"), allow_root=True)

async def look_up():
    loop = asyncio.get_running_loop()
    await loop.getaddrinfo("127.0.0.1", 5432, type=socket.SOCK_STREAM)

asyncio.run(look_up())
try:
    raise ValueError("a defect")
except ValueError:
    logging.getLogger().exception("reported")
"""


def test_what_is_needed_later_is_loaded_while_it_can_be_read() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BECOMES],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "too late" not in done.stderr
    assert "unknown encoding" not in done.stderr
    assert "ValueError: a defect" in done.stderr
    assert done.returncode == 0
