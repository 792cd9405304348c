"""Tests of ``benchmarks/endpoint.py``."""

from benchmarks.endpoint import Endpoint

ENDPOINT = Endpoint("127.0.0.1", 5432, "bench", "bench", "secret words")


def test_a_password_does_not_show() -> None:
    assert "secret words" not in repr(ENDPOINT)
