"""Tests of ``pgpool_py/config/mounted.py``: files that are replaced."""

from pathlib import Path

from pgpool_py.config.load import load
from pgpool_py.config.mounted import PERIOD, Mounted, look


def test_a_swapped_link_is_a_change_that_is_seen_once(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "url").write_text(name)
    data, next_data = tmp_path / "data", tmp_path / "next"
    data.symlink_to("old")
    mounted = Mounted(look([str(data / "url")]))
    assert not mounted.has_changed(0)
    next_data.symlink_to("new")
    next_data.replace(data)
    assert not mounted.has_changed(PERIOD / 2)
    assert mounted.has_changed(PERIOD)
    assert not mounted.has_changed(PERIOD * 2)


def test_a_file_may_go_and_come_back(tmp_path: Path) -> None:
    file = tmp_path / "users"
    mounted = Mounted(look([str(file)]))
    file.write_text("x")
    assert mounted.has_changed(0)
    file.unlink()
    assert mounted.has_changed(PERIOD)


def test_what_replaced_a_file_since_it_was_read_is_seen_at_the_first_look(
    tmp_path: Path,
) -> None:
    file, new = tmp_path / "url", tmp_path / "new"
    file.write_text("postgresql://app:old@db/app")
    loaded = load(None, {"DATABASE_URL_FILE": str(file)})
    assert not Mounted(loaded.seen).has_changed(0)
    new.write_text("postgresql://app:new@db/app")
    new.replace(file)
    mounted = Mounted(loaded.seen)
    assert mounted.has_changed(0)
    assert not mounted.has_changed(PERIOD)
