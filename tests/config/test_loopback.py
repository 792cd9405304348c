"""Which hosts are this machine, for everybody."""

import pytest

from pgpool_py.config.loopback import is_loopback


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1.2.3",
        "::1",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
    ],
)
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "*", "0.0.0.0", "::", "10.0.0.1", "127.example.org", "localhost.org"]
)
def test_anything_else_may_be_reached_by_others(host: str) -> None:
    assert not is_loopback(host)
