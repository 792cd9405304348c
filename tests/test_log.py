"""Tests of ``pgpool_py/log.py``."""

import json
import logging
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgpool_py import log

logger = logging.getLogger("pgpool_py.test")


class Unprintable:
    """Fails when somebody formats it."""

    def __str__(self) -> str:
        raise AssertionError("formatted although the level is off")


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def record(level: int, text: str, *args: object) -> logging.LogRecord:
    made = logging.LogRecord("pgpool_py", level, "", 0, text, args, None)
    made.created, made.msecs, made.process = 1795332547.016, 16.0, 42
    return made


@pytest.mark.usefixtures("utc")
def test_a_line_has_time_zone_process_level_subject_and_text() -> None:
    made = record(log.LOG, "closing because: %s", "client close request")
    made.subject = "C-0x7f01: app/alice@10.0.0.1:5000"
    assert log.LineFormatter().format(made) == (
        "2026-11-22 07:29:07.016 UTC [42] LOG C-0x7f01: app/alice@10.0.0.1:5000 "
        "closing because: client close request"
    )


@pytest.mark.usefixtures("utc")
def test_each_line_has_its_own_time() -> None:
    formatter = log.LineFormatter()
    made = record(log.LOG, "up")
    times = []
    for made.created, made.msecs in (
        (1795332547.016, 16.0),
        (1795332547.999, 999.0),
        (1795332548.0, 0.0),
    ):
        times.append(formatter.format(made).split(" ")[1])
    assert times == ["07:29:07.016", "07:29:07.999", "07:29:08.000"]


@pytest.mark.usefixtures("utc")
def test_a_line_without_subject_goes_straight_to_the_text() -> None:
    line = log.LineFormatter().format(record(log.WARNING, "100%"))
    assert line == "2026-11-22 07:29:07.016 UTC [42] WARNING 100%"


@pytest.mark.parametrize(
    ("level", "name"),
    [
        (5, "NOISE"),
        (10, "DEBUG"),
        (20, "LOG"),
        (30, "WARNING"),
        (40, "ERROR"),
        (50, "FATAL"),
        (37, "Level 37"),
    ],
)
def test_each_level_has_pgbouncers_name(level: int, name: str) -> None:
    assert f"[42] {name} x" in log.LineFormatter().format(record(level, "x"))


def test_a_name_with_a_newline_cannot_forge_a_line() -> None:
    line = log.LineFormatter().format(record(log.LOG, "user %s", "a\n2026 FATAL\x1b"))
    assert line.endswith(r"user a\x0a2026 FATAL\x1b")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        # What str.splitlines takes for the end of a line
        ("a\u2028b\u2029c\x85d\vf", r"a\u2028b\u2029c\x85d\x0bf"),
        # What makes a terminal show the line in another order
        (
            "\u202aa\u202e\u2066\u2069\u200e\u200f",
            r"\u202aa\u202e\u2066\u2069\u200e\u200f",
        ),
        # What is not seen, or no character
        ("\x00\x7f\u200b\ufeff\xad", r"\x00\x7f\u200b\ufeff\xad"),
        ("\U000e0041\udcff", r"\U000e0041\udcff"),
        # What people are called
        ("Zoë 姉 👩 a-b_c", "Zoë 姉 👩 a-b_c"),
    ],
)
def test_no_name_breaks_or_turns_its_line(name: str, shown: str) -> None:
    made = record(log.LOG, "user %s", name)
    line = log.LineFormatter().format(made)
    assert line.endswith(f"user {shown}")
    assert len(line.splitlines()) == 1


def test_nor_does_a_subject() -> None:
    made = record(log.LOG, "in")
    made.subject = "db/\u2028user@1"
    assert log.LineFormatter().format(made).endswith(r" LOG db/\u2028user@1 in")


def test_a_traceback_follows_its_line() -> None:
    made = record(log.ERROR, "broken")
    try:
        raise ValueError("why\u2028")
    except ValueError as error:
        made.exc_info = (ValueError, error, error.__traceback__)
    lines = log.LineFormatter().format(made).split("\n")
    assert lines[0].endswith("ERROR broken")
    assert lines[-1] == r"ValueError: why\u2028"


@pytest.mark.parametrize(
    ("verbose", "level"), [(-1, 20), (0, 20), (1, 10), (2, 5), (3, 4), (9, 4)]
)
def test_verbose_sets_the_level(verbose: int, level: int) -> None:
    assert log.level_for(verbose) == level


class Client:
    """Something of which more is known than its name."""

    def __init__(self, application: str = "web") -> None:
        self.application = application

    def __str__(self) -> str:
        return "C-0x5: app/alice@h:1"

    def facts(self) -> dict[str, log.Fact]:
        return {"database": "app", "application_name": self.application}


def told(formatter: logging.Formatter, subject: object, **facts: log.Fact) -> str:
    """Return the line that is about this."""
    made = record(log.LOG, "closing because: %s (age=%ds)", "x", 3)
    made.__dict__.update(log.about(subject, **facts))
    return formatter.format(made)


def test_the_application_is_named_behind_the_text() -> None:
    line = told(log.LineFormatter(), Client())
    assert line.endswith(
        ' C-0x5: app/alice@h:1 closing because: x (age=3s) (application "web")'
    )
    assert told(log.LineFormatter(), Client("")).endswith("(age=3s)")


def test_an_application_forges_nothing_and_has_a_bound() -> None:
    line = told(log.LineFormatter(), Client('a")\n\u202e' + 100 * "b"))
    assert line.endswith(f' (application "a?)??{58 * "b"}")')


def test_a_line_of_json_has_fields_for_what_is_known() -> None:
    line = told(log.JsonFormatter(), Client(), reason="x", age=3)
    assert json.loads(line) == {
        "time": "2026-11-22T07:29:07.016Z",
        "level": "LOG",
        "pid": 42,
        "logger": "pgpool_py",
        "message": "closing because: x (age=3s)",
        "database": "app",
        "application_name": "web",
        "reason": "x",
        "age": 3,
    }


def test_a_line_of_json_leaves_out_what_is_not_known() -> None:
    line = told(log.JsonFormatter(), Client(""))
    assert "application_name" not in json.loads(line)
    made = logging.LogRecord("pgpool_py.pooler.pool", log.LOG, "", 0, "up", (), None)
    assert json.loads(log.JsonFormatter().format(made))["logger"] == "pooler"


@pytest.mark.parametrize("name", ['a"}\n{"b', "\u2028\x85", "\udcff\x00", "Zoë"])
def test_no_name_breaks_out_of_its_json(name: str) -> None:
    made = record(log.LOG, "user %s", name)
    made.__dict__.update(log.about("", user=name))
    line = log.JsonFormatter().format(made)
    assert len(line.splitlines()) == 1
    line.encode()
    found = json.loads(line)
    assert found["message"] == f"user {found['user']}"
    assert found["user"].isprintable()


def test_a_traceback_is_a_field_of_json() -> None:
    made = record(log.ERROR, "broken")
    try:
        raise ValueError("why")
    except ValueError as error:
        made.exc_info = (ValueError, error, error.__traceback__)
    line = log.JsonFormatter().format(made)
    assert "\n" not in line
    assert json.loads(line)["traceback"].endswith("\nValueError: why")


def test_the_format_can_change_while_running(tmp_path: Path) -> None:
    path, later = tmp_path / "1", tmp_path / "2"
    with log.Log(str(path), to_stderr=False) as running:
        running.set_format(as_json=True)
        logger.info("one")
        running.reopen("")
        running.reopen(str(later))
        logger.info("two")
        running.set_format(as_json=False)
        logger.info("three")
    assert json.loads(path.read_text())["message"] == "one"
    first, second = later.read_text().splitlines()
    assert json.loads(first)["message"] == "two"
    assert second.endswith("LOG three")


def test_lines_go_to_stderr_and_to_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pool.log"
    path.write_text("older\n")
    with log.Log(str(path)):
        logger.info("process up")
    line = capsys.readouterr().err
    assert re.fullmatch(
        rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}} \S+ \[{os.getpid()}\] LOG "
        r"process up\n",
        line,
    )
    assert path.read_text() == f"older\n{line}"


def test_stderr_may_be_told_of_the_worst_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pool.log"
    with log.Log(str(path), stderr_from=log.FATAL):
        logger.error("one")
        logger.critical("two")
    assert len(path.read_text().splitlines()) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("FATAL two")


def test_a_subject_is_printed_in_front_of_the_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with log.Log():
        logger.info("text", extra=log.about("S-0x1: app/alice@h:5432"))
    assert capsys.readouterr().err.endswith("LOG S-0x1: app/alice@h:5432 text\n")


def test_a_level_that_is_off_formats_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with log.Log():
        logger.debug("%s", Unprintable(), extra=log.about(Unprintable()))
        logger.log(log.NOISE, "%s", Unprintable())
    assert capsys.readouterr().err == ""


def test_verbose_can_change_while_running(capsys: pytest.CaptureFixture[str]) -> None:
    with log.Log() as running:
        running.set_verbose(2)
        logger.log(log.NOISE, "hum")
        running.set_verbose(0)
        logger.log(log.NOISE, "hush")
    assert "NOISE hum\n" in (said := capsys.readouterr().err)
    assert "hush" not in said


def test_reopening_goes_on_in_a_new_file_after_rotation(tmp_path: Path) -> None:
    path, rotated = tmp_path / "pool.log", tmp_path / "pool.log.1"
    with log.Log(str(path), to_stderr=False) as running:
        logger.info("before")
        path.rename(rotated)
        running.reopen(str(path))
        logger.info("after")
    assert rotated.read_text().endswith("LOG before\n")
    assert path.read_text().endswith("LOG after\n")


def test_a_file_can_be_added_exchanged_and_dropped(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    with log.Log(to_stderr=False) as running:
        running.reopen(str(first))
        logger.info("one")
        running.reopen(str(second))
        logger.info("two")
        running.reopen("")
        logger.info("three")
    assert first.read_text().count("\n") == second.read_text().count("\n") == 1
    assert second.read_text().endswith("two\n")


def test_if_reopening_fails_the_log_goes_on_in_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "pool.log"
    with log.Log(str(path), to_stderr=False) as running:
        with pytest.raises(OSError, match="No such file"):
            running.reopen(str(tmp_path / "no" / "dir"))
        logger.info("still here")
    assert path.read_text().endswith("still here\n")


def test_bytes_that_are_no_text_do_not_stop_the_log(tmp_path: Path) -> None:
    path = tmp_path / "pool.log"
    with log.Log(str(path), to_stderr=False):
        logger.info("user %s", b"\xff".decode("utf-8", "surrogateescape"))
    assert path.read_text().endswith("user \\udcff\n")


def test_closing_gives_the_loggers_back_as_they_were() -> None:
    ours = logging.getLogger("pgpool_py")
    before = (ours.level, ours.propagate, list(ours.handlers))
    log.Log().close()
    assert (ours.level, ours.propagate, list(ours.handlers)) == before


# A disk that is full

FULL = Path("/dev/full")
needs_a_full_disk = pytest.mark.skipif(
    not FULL.exists(), reason="there is no /dev/full"
)


@needs_a_full_disk
def test_a_full_disk_is_complained_of_once_and_stops_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with log.Log(str(FULL), to_stderr=False):
        for _ in range(3):
            logger.info("something long: %s", "x" * 10_000)
    assert capsys.readouterr().err == (
        "logfile /dev/full cannot be written: No space left on device\n"
    )


@needs_a_full_disk
def test_the_log_can_be_moved_from_a_full_disk(tmp_path: Path) -> None:
    path = tmp_path / "pool.log"
    with log.Log(str(FULL), to_stderr=False) as running:
        logger.info("lost")
        running.reopen(str(path))
        logger.info("kept")
    assert path.read_text().endswith("LOG kept\n")


@needs_a_full_disk
def test_it_can_be_ended_there_and_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "pool.log"
    with log.Log(str(FULL), to_stderr=False) as running:
        logger.info("lost")
        running.reopen("")
        running.reopen(str(path))
        logger.info("kept")
    assert path.read_text().endswith("LOG kept\n")


def test_a_pipe_that_nobody_reads_is_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="No such device or address"):
        log.Log(str(pipe))
