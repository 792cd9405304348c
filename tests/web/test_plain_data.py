"""Frozen data as JSON."""

import json
from types import MappingProxyType

from pgpool_py.insight.condition import Condition, State
from pgpool_py.reasons import Reason
from pgpool_py.statistics import Distribution
from pgpool_py.web.plain_data import as_json


def test_fields_come_by_their_names_and_enums_as_their_words() -> None:
    found = json.loads(as_json(Condition(State.PAUSED, "why")))
    assert found == {"state": "paused", "why_not": "why"}


def test_mappings_are_objects_and_tuples_are_lists() -> None:
    found = json.loads(as_json((MappingProxyType({Reason.EVICTED: 1}), Distribution())))
    assert found[0] == {"evicted": 1}
    assert found[1]["total"] == 0.0
    assert set(found[1]["counts"]) == {0}


def test_names_that_are_not_utf8_are_json_all_the_same() -> None:
    assert as_json("caf\udce9") == b'"caf\\udce9"'
