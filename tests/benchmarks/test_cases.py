"""Tests of ``benchmarks/cases.py``."""

import pytest

from benchmarks import cases
from benchmarks.contest import WITH_ITSELF


def test_names_of_cases_are_unique_and_apart_from_groups() -> None:
    names = [each.name for each in cases.CASES]
    assert len(names) == len(set(names))
    assert not set(names) & {each.group for each in cases.CASES}


def test_a_group_stands_for_its_cases() -> None:
    assert [each.name for each in cases.select(["equal"])] == ["equal4", "equal8"]
    assert cases.select([]) == list(cases.CASES)


def test_an_unknown_case_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"no case no_such; there are .*simple64"):
        cases.select(["no_such"])


def test_cases_that_share_servers_have_our_pooler_share_them() -> None:
    told = {each.name: each.config.multiplexing for each in cases.CASES}
    shared = {name for name, value in told.items() if value == "auto"}
    assert shared == {"simple64", "extended64", "prepared64", "appnames64", "delay64"}


def test_a_case_of_ours_with_itself_leaves_the_setting_to_the_contest() -> None:
    itself = [each for each in cases.CASES if each.contest is WITH_ITSELF]
    assert {each.config.multiplexing for each in itself} == {None}
    assert not any(each.direct for each in itself)


def test_every_scaling_case_lets_its_clients_in() -> None:
    for each in cases.select(["scaling"]):
        assert each.config.max_client_conn > each.clients
