"""A warning for an auth_file that everybody can read."""

from pathlib import Path

import pytest

from pgpool_py.config.check import check
from pgpool_py.config.exposed import readable_by_all
from pgpool_py.settings import Settings


@pytest.mark.parametrize(("mode", "number"), [(0o644, 1), (0o640, 0), (0o600, 0)])
def test_who_may_read_it_beside_owner_and_group_is_warned_of(
    tmp_path: Path, mode: int, number: int
) -> None:
    path = tmp_path / "userlist.txt"
    path.write_text('"app" "secret"\n')
    path.chmod(mode)
    warnings = readable_by_all(Settings(auth_file=str(path)))
    assert [text.endswith(f"chmod 600 {path}") for text in warnings] == [True] * number
    ini = tmp_path / "pgbouncer.ini"
    ini.write_text(f"[databases]\na =\n[pgbouncer]\nauth_file = {path}\n")
    lines = check(str(ini), {}).lines
    assert lines == (*(f"warning: {text}" for text in warnings), f"{ini}: ok")


def test_without_a_file_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    assert readable_by_all(Settings()) == ()
    assert readable_by_all(Settings(auth_file=str(tmp_path / "absent"))) == ()
