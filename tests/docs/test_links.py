"""Links between pages lead somewhere."""

import re
from pathlib import Path
from typing import Final

import pytest

from .pages import PAGES, ROOT

_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_NO_ANCHOR: Final = re.compile(r"[^\w\- ]")


def anchors(page: Path) -> set[str]:
    """Return what headings of a page are called in links, as GitHub does it."""
    return {
        _NO_ANCHOR.sub("", heading.lower()).replace(" ", "-")
        for heading in _HEADING.findall(page.read_text())
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), target


def test_every_page_can_be_reached_from_the_first() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        seen.add(page)
        found = [t.partition("#")[0] for t in _LINK.findall(page.read_text())]
        files = {(page.parent / t).resolve() for t in found if "://" not in t and t}
        todo += [f for f in files if f.suffix == ".md" and f not in seen]
    assert set(ROOT.glob("docs/*.md")) <= seen
