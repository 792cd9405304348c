"""The file with the process id."""

import os
from pathlib import Path

import pytest

from pgpool_py.process.pidfile import Pidfile, PidfileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pid"


def test_it_holds_the_process_id_and_goes_with_the_process(path: Path) -> None:
    pidfile = Pidfile(str(path))
    pidfile.check()
    pidfile.write()
    assert path.read_text() == f"{os.getpid()}\n"
    pidfile.check()
    pidfile.remove()
    assert not path.exists()


def test_a_process_that_lives_is_respected(path: Path) -> None:
    path.write_text(f"{os.getppid()}\n")
    with pytest.raises(PidfileError, match=f"process {os.getppid()} lives"):
        Pidfile(str(path)).check()


def test_so_is_one_that_is_somebody_elses(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", kill)
    path.write_text("1\n")
    with pytest.raises(PidfileError, match="another instance running"):
        Pidfile(str(path)).check()


@pytest.mark.parametrize("text", ["", "\n", "abc", "-1", "0", "9" * 30, "12 34"])
def test_a_file_that_names_no_process_is_in_nobodys_way(path: Path, text: str) -> None:
    path.write_text(text)
    pidfile = Pidfile(str(path))
    pidfile.check()
    pidfile.write()
    assert path.read_text() == f"{os.getpid()}\n"


def test_a_dead_process_is_in_nobodys_way(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill(pid: int, signal: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(os, "kill", kill)
    path.write_text("4711\n")
    Pidfile(str(path)).check()


def test_the_file_of_another_process_is_left_alone(path: Path) -> None:
    path.write_text("1\n")
    Pidfile(str(path)).remove()
    assert path.read_text() == "1\n"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "pid"
    with pytest.raises(PidfileError, match="No such file") as caught:
        Pidfile(str(path)).write()
    assert str(path) in str(caught.value)
