"""Directory, port and words of a throw-away server."""

import shutil
import socket
import stat
import tempfile
from pathlib import Path

import pytest

from pgpool_py.embedded import place
from pgpool_py.embedded.errors import EmbeddedError


def test_the_directory_can_be_passed_through_but_not_listed() -> None:
    directory = place.make_directory(None)
    try:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o711
        assert (directory / "log").read_bytes() == b""
    finally:
        shutil.rmtree(directory)


def test_a_temporary_directory_too_deep_for_a_socket_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    directory = place.make_directory(None)
    shutil.rmtree(directory)
    assert directory.parent == Path("/tmp")


def test_no_usable_place_is_an_error_that_names_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(place, "_SOCKET_PATH_LIMIT", 5)
    with pytest.raises(EmbeddedError, match=r"5 bytes\); set TMPDIR"):
        place.make_directory(None)


def test_the_environment_of_libpq_and_the_locale_do_not_pass(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("LC_MESSAGES", "de_DE.UTF-8")
    kept = place.environment()
    assert "PGHOST" not in kept
    assert {k: v for k, v in kept.items() if k.startswith("LC_")} == {"LC_ALL": "C"}


def test_a_port_somebody_listens_on_is_not_free() -> None:
    # Not a port that the system chooses: once closed, it may at any moment become
    # the near end of somebody's connection.
    port = next(port for port in place.PORTS if place.is_free(port))
    with socket.create_server((place.HOST, port)):
        assert not place.is_free(port)


def test_settings_are_quoted_as_in_postgresql_conf() -> None:
    text = place.settings_text({"work_mem": "4MB", "x.y": "it's \\"})
    assert text == "work_mem = '4MB'\nx.y = 'it''s \\\\'\n"


def test_a_connection_string_is_quoted_as_libpq_reads_it() -> None:
    words = {"user": "o'neil", "dbname": "back\\slash", "password": None}
    assert place.dsn(words) == "user='o\\'neil' dbname='back\\\\slash'"
