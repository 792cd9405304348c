"""What a client has shown opens servers of its own user, and no others."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from pgpool_py.settings import AuthType, DatabaseSettings
from pgwire.frontend import PasswordMessage
from pgwire.scram import derive
from pgwire.server_secret import ServerSecret
from tests.fixtures.messages import kinds
from tests.pooler.house import House, startup

Build = Callable[..., House]

STORED = derive("her password", b"salt of sixteen!", 2).format()


def come(house: House, database: str = "app") -> None:
    """Let alice in by her password."""
    client = house.arrive(startup(database))
    assert kinds(client.received()) == "R"
    answer = house.send(client, PasswordMessage(b"her password").encode())
    assert kinds(answer) == "R"


def used(house: House, pool: tuple[str, str]) -> ServerSecret:
    staffing = house.pooler.pools[pool].staffing
    return staffing.destinations.credentials.of(staffing.settings.target)


@pytest.fixture
def house(build: Build) -> House:
    house = build(auth_type=AuthType.PLAIN)
    settings = house.pooler.settings
    app = settings.databases["app"]
    databases = {"app": app, "forced": replace(app, user="bob")}
    secrets = {"alice": STORED, "bob": STORED}
    house.pooler.reload(replace(settings, databases=databases), secrets)
    return house


def test_ones_own_servers_get_the_password(house: House) -> None:
    come(house)
    assert used(house, ("app", "alice")) == ServerSecret(password="her password")


def test_what_another_user_shows_opens_nothing(house: House) -> None:
    come(house, "forced")
    assert used(house, ("forced", "bob")) == ServerSecret()


def test_nor_does_what_nobody_has_proved(build: Build) -> None:
    house = build(auth_type=AuthType.TRUST)
    house.pooler.context.secrets["alice"] = STORED
    house.come_in()
    assert used(house, ("app", "alice")) == ServerSecret()


def test_a_wrong_password_is_not_learned(house: House) -> None:
    come(house)
    client = house.arrive(startup())
    house.send(client, PasswordMessage(b"wrong").encode())
    assert used(house, ("app", "alice")) == ServerSecret(password="her password")


def test_a_database_with_a_password_uses_that(house: House) -> None:
    app: DatabaseSettings = house.pooler.settings.databases["app"]
    settings = replace(
        house.pooler.settings, databases={"app": replace(app, password="its own")}
    )
    house.pooler.reload(settings, house.pooler.context.secrets)
    come(house)
    assert used(house, ("app", "alice")) == ServerSecret(password="its own")
