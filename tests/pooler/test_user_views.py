"""Views of users: of the files, of clients, of servers."""

from pgpool_py.pooler.user_views import UserView, users
from pgpool_py.settings import DatabaseSettings, PoolMode, Settings, UserSettings
from tests.pooler.staging import DATABASES, Stage, staged


def of(stage: Stage, name: str) -> UserView:
    (found,) = [view for view in users(stage.pooler, ()) if view.name == name]
    return found


def test_users_are_those_of_both_files_and_of_pools(stage: Stage) -> None:
    context = stage.pooler.context
    context.secrets["bob"] = "a secret"
    context.settings = Settings(databases=DATABASES, users={"cid": UserSettings()})
    stage.pool("shop", "ann")
    assert [view.name for view in users(stage.pooler, ())] == ["ann", "bob", "cid"]
    assert "a secret" not in repr(users(stage.pooler, ()))


def test_a_user_shows_what_its_line_says(stage: Stage) -> None:
    line = UserSettings(
        pool_mode=PoolMode.SESSION,
        pool_size=3,
        reserve_pool_size=2,
        max_user_connections=7,
        max_user_client_connections=8,
    )
    stage.pooler.context.settings = Settings(users={"ann": line})
    assert of(stage, "ann") == UserView("ann", 3, 2, PoolMode.SESSION, 7, 0, 8, 0)


def test_what_a_line_leaves_open_is_none_or_the_general_limit(stage: Stage) -> None:
    stage.pooler.context.settings = Settings(
        users={"ann": UserSettings()},
        max_user_connections=70,
        max_user_client_connections=80,
    )
    assert of(stage, "ann") == UserView("ann", None, None, None, 70, 0, 80, 0)


def test_servers_count_to_the_user_that_is_forced_clients_to_their_own() -> None:
    forced = DatabaseSettings(host=("127.0.0.1",), user="owner")
    with staged({"shop": forced}) as stage:
        pool = stage.pool("shop", "ann")
        stage.server(pool)
        pool.books.begin_opening()
        stage.pooler.gatehouse.census.add("shop", "ann")
        owner, ann = of(stage, "owner"), of(stage, "ann")
    assert (owner.current_connections, owner.current_client_connections) == (2, 0)
    assert (ann.current_connections, ann.current_client_connections) == (0, 1)


def test_who_is_on_the_console_is_a_client_too(stage: Stage) -> None:
    stage.pooler.gatehouse.census.add("shop", "ann")
    found = users(stage.pooler, ["ann", "root"])
    counts = [(view.name, view.current_client_connections) for view in found]
    assert counts == [("ann", 2), ("root", 1)]
