"""By which names a door is asked."""

import pytest

from pgpool_py.web.hosts import lets_in


@pytest.mark.parametrize(
    ("listens_on", "header", "expected"),
    [
        ("127.0.0.1", "127.0.0.1:9127", True),
        ("127.0.0.1", "localhost:9127", True),
        ("127.0.0.1", "LocalHost.", True),
        ("127.0.0.1", "pooler.localhost:9127", True),
        ("127.0.0.1", "[::1]:9127", True),
        ("127.0.0.1", None, True),
        ("localhost", "127.0.0.1", True),
        ("::1", "[::1]:9127", True),
        ("127.0.0.1", "evil.example:9127", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "evil.example@127.0.0.2.example", False),
        ("127.0.0.1", "192.0.2.1", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[", False),
        ("::1", "evil.example", False),
        # A service is scraped by whatever name it has.
        ("*", "pgpool.default.svc:9127", True),
        ("0.0.0.0", "evil.example", True),
        ("192.0.2.1", "pgpool", True),
    ],
)
def test_a_door_on_loopback_is_asked_by_names_of_loopback(
    listens_on: str, header: str | None, expected: bool
) -> None:
    assert lets_in(listens_on, header) is expected
