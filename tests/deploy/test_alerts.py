"""The rules for Prometheus: what they ask for exists, and they fire in time."""

import re
from pathlib import Path

import pytest

from pgpool_py.metrics.exposition import PrometheusExposition
from pgpool_py.metrics.families import FAMILIES
from pgpool_py.metrics.rendering import Format
from tests.metrics.snapshots import snapshot

from .promtool import RULES, Scene, needs_promtool, nothing_fires, run, run_tests

POOL = 'database="app",user="ann"'


def buckets(name: str, labels: str, *, fast: str, slow: str) -> dict[str, str]:
    """Return a histogram: how many within 10 ms, and within a second and in all."""
    comma = "," if labels else ""
    return {
        f'{name}_bucket{{{labels}{comma}le="0.01"}}': fast,
        f'{name}_bucket{{{labels}{comma}le="1.0"}}': slow,
        f'{name}_bucket{{{labels}{comma}le="+Inf"}}': slow,
    }


SCENES = [
    Scene(
        "PgpoolPoolNearlyFull",
        {f"pgpool_pool_utilisation_ratio{{{POOL}}}": "0.9x60"},
        pending="9m",
        firing="11m",
    ),
    Scene(
        "PgpoolPoolExhausted",
        {f"pgpool_pool_exhausted_seconds_total{{{POOL}}}": "0+20x60"},
        pending="4m",
        firing="12m",
        severity="critical",
    ),
    Scene(
        "PgpoolClientsWaitLong",
        {f"pgpool_client_wait_longest_seconds{{{POOL}}}": "6x20"},
        pending="30s",
        firing="2m",
    ),
    Scene(
        "PgpoolWaitsAreSlow",
        buckets("pgpool_client_wait_seconds", POOL, fast="0x60", slow="0+30x60"),
        pending="5m",
        firing="15m",
    ),
    Scene(
        "PgpoolClientsRefused",
        {f'pgpool_client_errors_total{{{POOL},sqlstate="53300"}}': "0 0 0 1x20"},
        firing="2m",
        severity="critical",
    ),
    Scene(
        "PgpoolServerLoginsFail",
        {
            f'pgpool_server_login_failures_total{{{POOL},reason="connect failed"}}': (
                "0+1x20"
            )
        },
        pending="1m",
        firing="5m",
        severity="critical",
        labels={"database": "app", "user": "ann", "reason": "connect failed"},
    ),
    Scene(
        "PgpoolNotReady",
        {"pgpool_ready": "0x20"},
        pending="4m",
        firing="6m",
        labels={},
    ),
    Scene(
        "PgpoolReloadFailed",
        {"pgpool_config_last_reload_successful": "1 1 0x5"},
        firing="1m",
        labels={},
    ),
    Scene(
        "PgpoolLoopLate",
        buckets("pgpool_loop_lag_seconds", "", fast="0x60", slow="0+300x60"),
        pending="5m",
        firing="15m",
        labels={},
    ),
]

HEALTHY = {
    f"pgpool_pool_utilisation_ratio{{{POOL}}}": "0.8x60",
    f"pgpool_pool_exhausted_seconds_total{{{POOL}}}": "0+6x60",
    f"pgpool_client_wait_longest_seconds{{{POOL}}}": "1x60",
    f'pgpool_client_errors_total{{{POOL},sqlstate="53300"}}': "3x60",
    f'pgpool_client_errors_total{{{POOL},sqlstate="28P01"}}': "0+1x60",
    f'pgpool_server_login_failures_total{{{POOL},reason="connect failed"}}': "7x60",
    # A standby where a primary is wanted: that is as it should be.
    f"pgpool_server_login_failures_total{{{POOL},"
    'reason="host does not fit target_session_attrs"}': "0+1x60",
    "pgpool_ready": "1x60",
    "pgpool_config_last_reload_successful": "1x60",
    **buckets("pgpool_client_wait_seconds", POOL, fast="0+100x60", slow="0+100x60"),
    **buckets("pgpool_loop_lag_seconds", "", fast="0+300x60", slow="0+300x60"),
}


def test_rules_ask_for_metrics_that_there_are() -> None:
    known = {family.name for family in FAMILIES}
    known |= {f"{name}_bucket" for name in known}
    asked = set(re.findall(r"\bpgpool_(?!py)\w+", RULES.read_text()))
    assert asked <= known


def test_every_rule_has_a_scene() -> None:
    named = re.findall(r"- alert: (\w+)", RULES.read_text())
    assert named == [scene.alert for scene in SCENES]


@needs_promtool
def test_prometheus_takes_the_rules() -> None:
    run("check", "rules", "--lint-fatal", str(RULES))


@needs_promtool
def test_each_alert_fires_when_it_is_time(tmp_path: Path) -> None:
    run_tests(tmp_path, *(scene.as_test() for scene in SCENES))


@needs_promtool
def test_a_healthy_pooler_is_no_reason_for_an_alert(tmp_path: Path) -> None:
    run_tests(tmp_path, nothing_fires(HEALTHY, "25m"))


@needs_promtool
def test_a_threshold_that_is_wrong_is_found(tmp_path: Path) -> None:
    scene = Scene("PgpoolNotReady", {"pgpool_ready": "1x20"}, firing="6m", labels={})
    with pytest.raises(AssertionError, match="PgpoolNotReady"):
        run_tests(tmp_path, scene.as_test())


@needs_promtool
def test_prometheus_finds_nothing_wrong_with_the_metrics() -> None:
    text = PrometheusExposition().render(snapshot(), Format.TEXT).decode()
    run("check", "metrics", given=text)
