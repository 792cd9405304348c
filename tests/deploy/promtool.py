"""Debian's promtool: what Prometheus thinks of rules and metrics."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

RULES = Path(__file__).parents[2] / "deploy/prometheus/alerts.yml"
TESTS = RULES.with_name("alerts.test.yml")

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool (package prometheus) is absent"
)


@dataclass(frozen=True)
class Scene:
    """Series by their values, one each half a minute; and when an alert is in a state.

    ``labels`` are the alert's besides its name and severity.
    """

    alert: str
    series: dict[str, str]
    pending: str = ""
    firing: str = ""
    severity: str = "warning"
    labels: dict[str, str] = field(
        default_factory=lambda: {"database": "app", "user": "ann"}
    )

    def _test(self, state: str, when: str) -> dict[str, object]:
        labels = {
            "alertname": self.alert,
            "alertstate": state,
            "severity": self.severity,
            **self.labels,
        }
        shown = ", ".join(f'{name}="{value}"' for name, value in labels.items())
        return {
            "expr": f'ALERTS{{alertname="{self.alert}"}}',
            "eval_time": when,
            "exp_samples": [{"labels": f"ALERTS{{{shown}}}", "value": 1}],
        }

    def as_test(self) -> dict[str, object]:
        """Return it as promtool wants it."""
        states = {"pending": self.pending, "firing": self.firing}
        return {
            "interval": "30s",
            "input_series": [
                {"series": series, "values": values}
                for series, values in self.series.items()
            ],
            "promql_expr_test": [
                self._test(state, when) for state, when in states.items() if when
            ],
        }


def nothing_fires(series: dict[str, str], when: str) -> dict[str, object]:
    """Return the test that these series are no reason for any alert."""
    return {
        "interval": "30s",
        "input_series": [
            {"series": s, "values": values} for s, values in series.items()
        ],
        "promql_expr_test": [{"expr": "ALERTS", "eval_time": when, "exp_samples": []}],
    }


def run_tests(directory: Path, *tests: dict[str, object]) -> None:
    """Have the rules tested; AssertionError with what promtool says against it."""
    file = directory / "tests.yml"
    # JSON is YAML.
    file.write_text(
        json.dumps(
            {
                "rule_files": [str(RULES)],
                "evaluation_interval": "30s",
                "tests": list(tests),
            }
        )
    )
    run("test", "rules", str(file))


def run(*arguments: str, given: str = "") -> None:
    """Run promtool; AssertionError with its output if it is not content."""
    done = subprocess.run(
        ["promtool", *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
