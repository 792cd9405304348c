"""Which replication a startup packet asks for, and what goes to the server with it."""

import pytest

from pgpool_py.client.replication import (
    Replication,
    passed_parameters,
    replication_of,
)
from pgpool_py.errors import PoolerError


def test_who_does_not_ask_does_not_replicate() -> None:
    assert replication_of({"user": "alice"}) is Replication.NONE


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        *((v, Replication.PHYSICAL) for v in ("true", "T", "tru", "on", "yes", "1")),
        *((v, Replication.NONE) for v in ("", "false", "F", "off", "of", "NO", "0")),
        ("database", Replication.LOGICAL),
    ],
)
def test_it_is_a_boolean_or_a_database(value: str, kind: Replication) -> None:
    assert replication_of({"replication": value}) is kind


@pytest.mark.parametrize("value", ["o", "2", "Database", "truer", "logical"])
def test_all_else_is_refused_in_postgresqls_words(value: str) -> None:
    with pytest.raises(PoolerError, match='parameter "replication"') as caught:
        replication_of({"replication": value})
    assert caught.value.sqlstate == "22023"


def test_all_parameters_are_passed_on_but_who_and_where() -> None:
    startup = {
        "user": "alice",
        "database": "app",
        "replication": "on",
        "options": "-c work_mem=5MB",
        "DateStyle": "ISO",
    }
    assert passed_parameters(startup, ()) == {
        "options": "-c work_mem=5MB",
        "DateStyle": "ISO",
    }


def test_what_is_ignored_is_not_passed_on() -> None:
    startup = {"Extra_Float_Digits": "3", "options": "-c a.b=1"}
    assert passed_parameters(startup, ("extra_float_digits", "OPTIONS")) == {}


def test_each_kind_has_the_value_that_asks_for_it() -> None:
    for kind in Replication:
        assert replication_of({"replication": kind.asked_as}) is kind
