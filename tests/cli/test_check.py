"""``pgpool-py check FILE``."""

from pathlib import Path

import pytest

from pgpool_py.cli.main import main


def test_a_file_that_can_be_used_is_ok(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pgbouncer.ini"
    path.write_text("[databases]\na = host=b\n[pgbouncer]\nauth_type = any\n")
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"{path}: ok"


def test_every_fault_of_another_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pgbouncer.ini"
    path.write_text("[pgbouncer]\nlisten_port = x\npool_mode = y\n")
    assert main(["check", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.startswith(f"{path}:{n}: ") for n, line in enumerate(lines, 2)] == [
        True,
        True,
    ]


def test_without_a_file_the_environment_is_needed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert main(["check"]) == 1
    assert "DATABASE_URL=postgresql://" in capsys.readouterr().out
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:s3cr3t@db/app")
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "environment: ok\n"


def test_the_environment_counts(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "pgbouncer.ini"
    path.write_text("[pgbouncer]\n")
    monkeypatch.setenv("PGPOOL_POOL_MODE", "x")
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out.startswith("PGPOOL_POOL_MODE: ")


def test_a_variable_of_no_settings_name_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:s3cr3t@db/app")
    monkeypatch.setenv("PGPOOL_NAMESPACE", "shop")
    assert main(["check"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("warning: ")
    assert "PGPOOL_NAMESPACE" in first
    assert last == "environment: ok"


def test_a_slip_of_a_settings_name_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:s3cr3t@db/app")
    monkeypatch.setenv("PGPOOL_POOL_MOD", "session")
    assert main(["check"]) == 1
    assert 'did you mean "PGPOOL_POOL_MODE"' in capsys.readouterr().out
