"""Who may use the console, and how far."""

import os

import pytest

from pgpool_py.errors import LoginError
from pgpool_py.pooler.console_access import Access, access
from pgpool_py.settings import AuthType, Settings

OURS = os.getuid()
ANOTHER = OURS + 1

SETTINGS = Settings(admin_users=("root",), stats_users=("bob",))


@pytest.mark.parametrize(
    ("user", "allowed", "admin"),
    [("root", True, True), ("bob", True, False), ("alice", False, False)],
)
@pytest.mark.parametrize("uid", [None, OURS, ANOTHER])
def test_names_count_wherever_a_client_comes_from(
    user: str, allowed: bool, admin: bool, uid: int | None
) -> None:
    assert access(SETTINGS, user, uid) == Access(allowed, admin)


def test_with_auth_type_any_everybody_may_look() -> None:
    settings = Settings(
        auth_type=AuthType.ANY, admin_users=("root",), stats_users=("bob",)
    )
    assert access(settings, "mallory", None) == Access(allowed=True, admin=False)
    assert access(settings, "root", None) == Access(allowed=True, admin=True)


def test_who_runs_the_pooler_owns_the_console() -> None:
    owner = Access(allowed=True, admin=True, owner=True)
    assert access(SETTINGS, "pgbouncer", OURS) == owner


def test_the_owners_name_alone_is_worth_nothing() -> None:
    assert access(SETTINGS, "pgbouncer", None) == Access(allowed=False, admin=False)


def test_who_runs_another_process_is_not_the_owner() -> None:
    with pytest.raises(LoginError) as caught:
        access(SETTINGS, "pgbouncer", ANOTHER)
    assert caught.value.message == "unix socket login rejected"
    assert caught.value.sqlstate == "28000"


def test_a_user_of_the_owners_name_has_to_prove_itself_like_others() -> None:
    settings = Settings(admin_users=("pgbouncer",))
    assert access(settings, "pgbouncer", ANOTHER) == Access(allowed=True, admin=True)
