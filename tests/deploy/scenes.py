"""What the rules for Prometheus are tried on: series, and which alerts they are.

python -m tests.deploy.scenes > deploy/prometheus/alerts.test.yml
"""

import json
from collections.abc import Iterator

from .promtool import RULES, Scene, nothing_fires

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
        {f'pgpool_client_errors_total{{{POOL},sqlstate="53300"}}': "4x10 5x20"},
        firing="7m",
        severity="critical",
    ),
    Scene(
        "PgpoolClientsRefused",
        {
            f'pgpool_client_errors_total{{{POOL},sqlstate="53300"}}': "_x20 1x20",
            "pgpool_info": "1x60",
        },
        firing="12m",
        severity="critical",
    ),
    Scene(
        "PgpoolClientLoginsFail",
        {f'pgpool_client_errors_total{{{POOL},sqlstate="28P01"}}': "0+10x60"},
        pending="3m",
        firing="8m",
        labels={},
    ),
    Scene(
        "PgpoolClientsLeak",
        {f"pgpool_leaking_clients{{{POOL}}}": "1x20"},
        pending="30s",
        firing="2m",
    ),
    Scene(
        "PgpoolAlert",
        {'pgpool_alerts{kind="wait"}': "2x20"},
        pending="4m",
        firing="6m",
        labels={"kind": "wait"},
    ),
    Scene(
        "PgpoolServersLost",
        {
            f'pgpool_servers_closed_total{{{POOL},reason="server conn crashed?"}}': (
                "_x20 2x20"
            ),
            "pgpool_info": "1x60",
        },
        firing="12m",
        labels={"database": "app", "user": "ann", "reason": "server conn crashed?"},
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
    f"pgpool_leaking_clients{{{POOL}}}": "0x60",
    'pgpool_alerts{kind="wait"}': "0x60",
    f'pgpool_servers_closed_total{{{POOL},reason="server lifetime over"}}': "0+1x60",
    f'pgpool_servers_closed_total{{{POOL},reason="server conn crashed?"}}': "5x60",
    "pgpool_info": "_x30 1x30",
    "pgpool_ready": "1x60",
    "pgpool_config_last_reload_successful": "1x60",
    **buckets("pgpool_client_wait_seconds", POOL, fast="0+100x60", slow="0+100x60"),
    **buckets("pgpool_loop_lag_seconds", "", fast="0+300x60", slow="0+300x60"),
}


def document() -> str:
    """Return all of them as promtool reads them, the rules beside it."""
    tests = [*(scene.as_test() for scene in SCENES), nothing_fires(HEALTHY, "25m")]
    head = {"rule_files": [RULES.name], "evaluation_interval": "30s"}
    lines = (
        "# Written by `python -m tests.deploy.scenes`: the times of alerts.yml, for",
        "# promtool test rules alerts.test.yml",
        *_yaml({**head, "tests": tests}),
    )
    return "\n".join(lines) + "\n"


def _yaml(value: object) -> Iterator[str]:
    """Give the lines of lists and mappings; strings are quoted as in JSON."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list) and inner:
                yield f"{name}:"
                yield from (f"  {line}" for line in _yaml(inner))
            else:
                yield f"{name}: {json.dumps(inner)}"
    elif isinstance(value, list):
        for inner in value:
            first, *rest = _yaml(inner)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield json.dumps(value)


if __name__ == "__main__":
    print(document(), end="")
