"""The rules for Prometheus: what they ask for exists, and they fire in time."""

import re
from pathlib import Path

import pytest

from pgpool_py.metrics.exposition import PrometheusExposition
from pgpool_py.metrics.families import FAMILIES
from pgpool_py.metrics.rendering import Format
from pgpool_py.reasons import LOST, Reason
from tests.metrics.snapshots import snapshot

from .promtool import RULES, TESTS, Scene, needs_promtool, run, run_tests
from .scenes import SCENES, document


def test_rules_ask_for_metrics_that_there_are() -> None:
    known = {family.name for family in FAMILIES}
    known |= {f"{name}_bucket" for name in known}
    asked = set(re.findall(r"\bpgpool_(?!py)\w+", RULES.read_text()))
    assert asked <= known


def test_every_rule_has_a_scene() -> None:
    named = re.findall(r"- alert: (\w+)", RULES.read_text())
    assert named == list(dict.fromkeys(scene.alert for scene in SCENES))


def test_what_rules_take_for_a_loss_is_one() -> None:
    asked, *others = re.findall(
        r'servers_closed_total{reason=~"([^"]+)"', RULES.read_text()
    )
    assert set(others) == {asked}
    assert {reason for reason in Reason if re.fullmatch(asked, reason)} == LOST


@needs_promtool
def test_prometheus_takes_the_rules() -> None:
    run("check", "rules", "--lint-fatal", str(RULES))


def test_the_file_of_scenes_is_up_to_date() -> None:
    assert TESTS.read_text() == document()


@needs_promtool
def test_each_alert_fires_when_it_is_time_and_none_without_a_reason() -> None:
    run("test", "rules", str(TESTS))


@needs_promtool
def test_a_threshold_that_is_wrong_is_found(tmp_path: Path) -> None:
    scene = Scene("PgpoolNotReady", {"pgpool_ready": "1x20"}, firing="6m", labels={})
    with pytest.raises(AssertionError, match="PgpoolNotReady"):
        run_tests(tmp_path, scene.as_test())


@needs_promtool
def test_prometheus_finds_nothing_wrong_with_the_metrics() -> None:
    text = PrometheusExposition().render(snapshot(), Format.TEXT).decode()
    run("check", "metrics", given=text)
