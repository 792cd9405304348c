"""Which parameters of a startup packet are kept, dropped or refused."""

from collections.abc import Mapping

import pytest

from pgpool_py.client.startup_options import (
    ALWAYS_TRACKED,
    asked_parameters,
    split_options,
)
from pgpool_py.errors import PoolerError

BASE = {"user": "alice", "database": "app"}


def asked(
    *, tracked: tuple[str, ...] = (), ignored: tuple[str, ...] = (), **given: str
) -> Mapping[str, str]:
    return asked_parameters({**BASE, **given}, tracked, ignored)


def test_user_and_database_are_no_parameters() -> None:
    assert asked() == {}


def test_what_is_tracked_always_may_be_asked_for_in_any_case() -> None:
    assert set(ALWAYS_TRACKED) == {
        "client_encoding",
        "datestyle",
        "timezone",
        "standard_conforming_strings",
        "application_name",
    }
    assert asked(TimeZone="CET", DateStyle="ISO", application_name="x") == {
        "timezone": "CET",
        "datestyle": "ISO",
        "application_name": "x",
    }


def test_more_may_be_tracked() -> None:
    assert asked(tracked=("IntervalStyle",), intervalstyle="iso_8601") == {
        "intervalstyle": "iso_8601"
    }


def test_what_is_ignored_is_dropped_even_if_it_is_tracked() -> None:
    assert asked(ignored=("Extra_Float_Digits",), extra_float_digits="3") == {}
    assert asked(ignored=("timezone",), TimeZone="CET") == {}


def test_all_else_is_refused_by_name() -> None:
    with pytest.raises(PoolerError, match="startup parameter: work_mem") as caught:
        asked(work_mem="1GB")
    assert caught.value.sqlstate == "42704"


def test_any_is_kept_for_a_client_whose_session_state_is() -> None:
    startup = {**BASE, "Work_Mem": "1GB", "options": "-c geqo=off"}
    assert asked_parameters(startup, (), (), any_name=True) == {
        "work_mem": "1GB",
        "geqo": "off",
    }
    assert asked_parameters(startup, (), ("geqo",), any_name=True) == {
        "work_mem": "1GB"
    }


def test_replication_is_no_parameter_either() -> None:
    assert asked(replication="off") == {}


def test_options_are_parameters_too() -> None:
    assert asked(options="-c timezone=CET") == {"timezone": "CET"}


def test_a_parameter_of_its_own_goes_before_one_in_options() -> None:
    assert asked(options="-c timezone=CET", TimeZone="UTC") == {"timezone": "UTC"}


def test_options_may_hold_what_is_ignored_and_nothing_that_is_refused() -> None:
    assert asked(ignored=("geqo",), options="-c geqo=off") == {}
    with pytest.raises(PoolerError, match="parameter in options: geqo"):
        asked(options="-c geqo=off")


def test_options_may_be_ignored_as_a_whole() -> None:
    assert asked(ignored=("options",), options="-x nonsense") == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("   ", []),
        ("-c a=1", [("a", "1")]),
        ("-ca=1", [("a", "1")]),
        ("--a=1", [("a", "1")]),
        ("--search-path=x", [("search_path", "x")]),
        ("-c A=1 --b=2\t-c c=3", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("-c a=", [("a", "")]),
        ("-c a=b=c", [("a", "b=c")]),
        (r"-c a=1\ 2", [("a", "1 2")]),
        (r"-c a=\\", [("a", "\\")]),
    ],
)
def test_options_are_split_as_postgresql_does(
    text: str, found: list[tuple[str, str]]
) -> None:
    assert split_options(text) == found


@pytest.mark.parametrize("text", ["-c", "-c a", "a=1", "-d 5", "--", "--=1", "-c =1"])
def test_other_options_are_refused(text: str) -> None:
    with pytest.raises(PoolerError, match="unsupported options") as caught:
        split_options(text)
    assert caught.value.sqlstate == "42704"


def test_what_is_asked_for_again_is_not_worked_out_again() -> None:
    first = asked(timezone="Asia/Tokyo", options="-c datestyle=iso")
    assert asked(timezone="Asia/Tokyo", options="-c datestyle=iso") is first
    assert asked(timezone="Asia/Kabul") == {"timezone": "Asia/Kabul"}
    # It may be many clients'.
    assert not hasattr(first, "__setitem__")


def test_what_other_settings_allow_is_not_taken_from_before() -> None:
    assert asked(tracked=("geqo",), geqo="off") == {"geqo": "off"}
    with pytest.raises(PoolerError):
        asked(geqo="off")
    assert asked(ignored=("geqo",), geqo="off") == {}
