"""Tests of ``pgpool_py/config/check.py``."""

from pathlib import Path

import pytest

from pgpool_py.config.check import Report, check


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report(text: str) -> Report:
    Path("a.ini").write_text(text)
    return check("a.ini", {})


def test_a_good_file_is_ok() -> None:
    assert report("[databases]\n* =\n[pgbouncer]\nauth_type = any") == Report(
        ("a.ini: ok",), 0
    )


def test_warnings_come_before_ok() -> None:
    found = report("[databases]\n* =\n[pgbouncer]\nauth_type = any\npkt_buf = 1")
    assert found == Report(
        ("warning: no effect yet: pkt_buf (a.ini:5)", "a.ini: ok"), 0
    )


def test_faults_are_sorted_and_end_in_status_1() -> None:
    Path("b.ini").write_text("[users]\nu = x\n")
    found = report("%include b.ini\n[pgbouncer]\nauth_type = pam\nverbose = x\n")
    assert found.status == 1
    assert [line.split(": ")[0] for line in found.lines] == [
        "a.ini:3",
        "a.ini:4",
        "b.ini:2",
    ]


def test_every_line_can_be_printed() -> None:
    Path("a.ini").write_bytes(b"[pgbouncer]\n[databases]\n'\xff\x1b' = pool_size=x\n")
    (line,) = check("a.ini", {}).lines
    assert line.startswith(r"a.ini:3: [databases] \udcff\x1b: pool_size")
    assert line.encode("utf-8")
