"""What every subcommand says of itself, and how it ends on a wrong command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from pgpool_py.cli.main import COMMANDS, main

_WIDTH = 80
COMMAND = pytest.mark.parametrize("command", ["", *sorted(COMMANDS)])


def said(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> tuple[object, str, str]:
    """Return the exit status, and what is printed on stdout and stderr."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    captured = capsys.readouterr()
    return caught.value.code, captured.out, captured.err


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let argparse write for a terminal of the usual width."""
    monkeypatch.setenv("COLUMNS", str(_WIDTH))
    # Colours of a newer Python.
    monkeypatch.setenv("NO_COLOR", "1")


@COMMAND
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_says_how_to_call_it_what_it_does_and_how_it_ends(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = said([*filter(None, [command]), option], capsys)
    assert (status, err) == (0, "")
    usage, description, *rest = out.split("\n\n")
    # Without a word, and with "run", it is the same.
    name = "" if command == "run" else command
    assert usage.startswith(f"usage: pgpool-py {name}".rstrip())
    assert description[0].isupper()
    assert description.endswith(".")
    assert any(part.startswith("Exit status: 0 ") for part in rest)
    assert all(len(line) <= _WIDTH for line in out.splitlines())


@COMMAND
def test_every_option_is_explained(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = said([*filter(None, [command]), "-h"], capsys)
    _, _, listed = out.partition("\noptions:\n")
    lines = listed.split("\n\n")[0].splitlines()
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        if line.startswith("  -"):
            _, _, text = line.strip().partition("  ")
            assert text or after.startswith(" " * 20), line


def test_the_first_help_names_all_commands(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(["-h"], capsys)
    for command in COMMANDS:
        assert f"\n  pgpool-py {command} " in out


@COMMAND
def test_what_it_does_not_know_ends_as_with_pgbouncer(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = said([*filter(None, [command]), "--no-such-option"], capsys)
    assert (status, out) == (1, "")
    assert err.startswith("usage: pgpool-py ")
    assert f"\n{err.splitlines()[-1]}" in err
    assert err.splitlines()[-1].startswith("pgpool-py")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["chek", "x.ini"], "check"),
        (["helth"], "health"),
        (["advice", "--replicas", "3"], "advise"),
    ],
)
def test_a_slip_of_a_command_is_recognised(
    words: list[str],
    meant: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    said = f'neither a command nor a file "{words[0]}": did you mean pgpool-py {meant}?'
    assert said in capsys.readouterr().err


def test_a_file_that_has_a_name_like_a_command_is_run(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "chek").write_text("[pgbouncer]\nlisten_port = x\n")
    assert main(["chek"]) == 1
    assert capsys.readouterr().err.startswith("chek:2: listen_port")


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "/no/such.ini"],
        ["health", "/no/such.ini"],
        ["top", "/no/such.ini"],
        ["run", "/no/such.ini"],
        ["/no/such.ini"],
    ],
)
def test_a_file_that_is_not_there_ends_with_one_and_is_named(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert "/no/such.ini" in captured.out + captured.err


_IMPORTED = """
import sys
from pgpool_py.cli.main import main
assert main(["health", "/no/such.ini"]) == 1
print(*sorted(sys.modules))
"""


def test_a_probe_imports_neither_the_pooler_nor_the_other_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED], capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.splitlines()[-1].split())
    commands = {f"pgpool_py.cli.{name}" for name in COMMANDS}
    assert imported & commands == {"pgpool_py.cli.health"}
    assert not {"pgpool_py.pooler", "pgpool_py.service", "asyncio"} & imported
