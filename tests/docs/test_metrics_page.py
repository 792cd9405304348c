"""docs/metrics.md names every metric, and what else is asked by HTTP."""

from pgpool_py.config.http_options import HTTP
from pgpool_py.metrics.bounding import MOST
from pgpool_py.metrics.families import FAMILIES
from pgpool_py.reasons import Reason
from pgpool_py.web.question import PATIENCE
from pgpool_py.web.server import MOST_CONNECTIONS

from .metrics_table import rows, table
from .page import Page, quoted

PAGE = Page("metrics.md")


def test_the_table_is_the_codes() -> None:
    found = PAGE.rows("All metrics")
    assert found == rows(), f"put this on the page:\n{table()}"


def test_every_setting_is_named() -> None:
    named = {name for row in PAGE.rows("Settings")[1:] for name in quoted(row[0])}
    assert named == {option.name for option in HTTP}


def test_what_the_page_asks_for_exists() -> None:
    known = {family.name for family in FAMILIES}
    endings = ("_bucket", "_sum", "_count")
    known |= {f"{name}{ending}" for name in known for ending in endings}
    words = {word for text in quoted(PAGE.text) for word in text.split("{")[:1]}
    assert {word for word in words if word.startswith("pgpool_")} <= known | {
        "pgpool_py"
    }


def test_limits_are_those_of_the_code() -> None:
    text = " ".join(PAGE.text.split())
    assert f"at most {MOST_CONNECTIONS} connections" in text
    assert f"within {PATIENCE:g} seconds" in text
    assert f"first {MOST} pools" in text


def test_reasons_named_as_examples_are_reasons() -> None:
    reasons = {str(reason) for reason in Reason}
    examples = {
        row[0].strip("`") for row in PAGE.rows("Who waits, and why it ends")[1:]
    }
    assert examples
    assert examples <= reasons
