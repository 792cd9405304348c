"""What a text means, and who may say it."""

import pytest

from pgpool_py.admin.directory import SHOWS, prepare
from pgpool_py.errors import ConsoleError


def test_columns_are_known_before_anything_is_run() -> None:
    assert len(prepare("SHOW POOLS", admin=False).columns) == 17


@pytest.mark.parametrize(
    "query",
    [
        "SHOW",
        "SHOW nonsense",
        "SELECT 1",
        "RELOAD shop",
        "SHUTDOWN NOW",
        "FETCH pools",
        'SHOW ""',
    ],
)
def test_an_unknown_command_is_refused_to_anybody(query: str) -> None:
    for admin in (True, False):
        with pytest.raises(ConsoleError) as caught:
            prepare(query, admin=admin)
        assert caught.value.message == f"invalid command '{query}', use SHOW HELP;"


@pytest.mark.parametrize(
    "query",
    [
        "RELOAD",
        "PAUSE",
        "PAUSE shop",
        "RESUME",
        "SHUTDOWN",
        "SHUTDOWN WAIT_FOR_CLIENTS",
        "SET verbose = 1",
    ],
)
def test_only_an_admin_changes_anything(query: str) -> None:
    with pytest.raises(ConsoleError) as caught:
        prepare(query, admin=False)
    assert caught.value.message == "admin access needed"
    assert caught.value.sqlstate == "08P01"


@pytest.mark.parametrize("name", SHOWS)
def test_a_stats_user_sees_everything(name: str) -> None:
    prepare(f"SHOW {name}", admin=False)


@pytest.mark.parametrize(
    ("admin", "message"),
    [(True, "SHOW FDS is not supported"), (False, "admin access needed")],
)
def test_descriptors_are_handed_to_nobody(*, admin: bool, message: str) -> None:
    with pytest.raises(ConsoleError) as caught:
        prepare("SHOW FDS", admin=admin)
    assert caught.value.message == message
    assert ("so_reuseport" in (caught.value.hint or "")) is admin
