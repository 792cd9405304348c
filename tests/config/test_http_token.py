"""What a scrape must show, and what is wrong with it."""

from dataclasses import replace
from pathlib import Path

import pytest

from pgpool_py.config.faults import ConfigError
from pgpool_py.config.http_token import TokenError, read_token, unguarded
from pgpool_py.config.load import load
from pgpool_py.settings import Endpoint, Settings


def test_it_is_the_settings_or_the_first_line_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("  from-file \nmore\n")
    assert read_token(Settings()) == ""
    assert read_token(Settings(http_token="given")) == "given"
    assert read_token(Settings(http_token_file=str(file))) == "from-file"


def test_a_file_that_cannot_be_used_is_named_and_the_token_is_not(
    tmp_path: Path,
) -> None:
    absent = Settings(http_token_file=str(tmp_path / "absent"))
    with pytest.raises(TokenError, match=r"http_token_file: .* cannot be read"):
        read_token(absent)
    empty = tmp_path / "empty"
    empty.write_text("\n")
    with pytest.raises(TokenError, match="is empty"):
        read_token(Settings(http_token_file=str(empty)))
    both = replace(absent, http_token="secret")
    with pytest.raises(TokenError, match="set as well") as caught:
        read_token(both)
    assert "secret" not in str(caught.value)
    assert "secret" not in repr(both)


def test_a_token_that_cannot_be_read_is_a_fault_of_its_line(tmp_path: Path) -> None:
    ini = tmp_path / "pgbouncer.ini"
    ini.write_text("[databases]\n[pgbouncer]\nauth_type=any\nhttp_token_file=/absent\n")
    with pytest.raises(ConfigError) as caught:
        load(str(ini))
    [fault] = caught.value.faults
    assert (fault.line, str(fault).count("http_token_file")) == (4, 1)


@pytest.mark.parametrize(
    ("host", "token", "warned"),
    [
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("*", "", True),
        ("192.0.2.1", "", True),
        ("*", "secret", False),
    ],
)
def test_an_open_door_without_a_token_is_warned_of(
    host: str, token: str, warned: bool
) -> None:
    settings = Settings(http_listen=Endpoint(host, 9127), http_token=token)
    assert (unguarded(settings) is not None) is warned


def test_without_a_door_nothing_is_warned_of() -> None:
    assert unguarded(Settings()) is None
