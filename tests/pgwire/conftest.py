"""A client and a server whose prepared statements are under test."""

import pytest

from tests.pgwire.preparing import Client, Server


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def server() -> Server:
    return Server()
