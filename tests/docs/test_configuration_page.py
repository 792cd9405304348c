"""docs/configuration.md is what the table of settings says."""

from pathlib import Path

from pgpool_py.config.options import OPTIONS

from .configuration_page import page

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "make docs"


def test_it_has_every_setting() -> None:
    assert all(f"\n| `{name}` |" in page() for name in OPTIONS)
