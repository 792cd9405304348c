"""Tests of ``benchmarks/descriptors.py``."""

from benchmarks import descriptors

from .results import case


def test_a_case_with_too_many_clients_is_left_out_with_the_reason() -> None:
    clients = 10_000
    limit = clients + descriptors.SPARE
    assert descriptors.too_many(case(clients=clients), limit) is None
    assert descriptors.too_many(case(clients=clients), limit - 1) == (
        "a is left out: it needs 10500 descriptors of 10499"
    )
