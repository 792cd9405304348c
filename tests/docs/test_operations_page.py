"""docs/operations.md speaks of settings, metrics and orders that there are."""

from pgpool_py.config.options import OPTIONS
from pgpool_py.metrics.families import FAMILIES

from .page import Page, quoted

PAGE = Page("operations.md")


def test_limits_are_settings() -> None:
    named = {
        name
        for row in PAGE.rows("Limits")[1:]
        for name in quoted(row[1])
        if name not in {"ulimit -n", "LimitNOFILE"}
    }
    assert len(named) > 10
    assert named <= OPTIONS.keys()


def test_signs_are_metrics() -> None:
    known = {family.name for family in FAMILIES}
    named = {
        name
        for row in PAGE.rows("What to watch")[1:]
        for name in quoted(row[1])
        if name.startswith("pgpool_")
    }
    assert named
    assert named <= known
