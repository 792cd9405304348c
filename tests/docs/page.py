"""A page of the documentation: its tables and its blocks of code."""

import re
from pathlib import Path
from typing import Final

_DOCS: Final = Path(__file__).parents[2] / "docs"
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_QUOTED: Final = re.compile(r"`([^`]+)`")


class Page:
    """One page, by its name; a heading is the text of a line ``## heading``."""

    def __init__(self, name: str) -> None:
        self.text = (_DOCS / name).read_text()

    @property
    def headings(self) -> list[str]:
        """All headings of sections, from the top."""
        return re.findall(r"^## (.+)$", self.text, re.MULTILINE)

    def section(self, heading: str) -> str:
        """Return what stands below a heading."""
        _, found, rest = self.text.partition(f"\n## {heading}\n")
        assert found, heading
        return rest.partition("\n## ")[0]

    def rows(self, heading: str) -> list[tuple[str, ...]]:
        """Return the cells of each row of the tables below a heading, heads included.

        The line below a head is left out.
        """
        lines = [ln for ln in self.section(heading).splitlines() if ln.startswith("|")]
        cells = [tuple(c.strip() for c in ln.strip("|").split("|")) for ln in lines]
        return [row for row in cells if set("".join(row)) != {"-"}]

    def blocks(self, heading: str) -> list[tuple[str, str]]:
        """Return language and text of each block of code below a heading."""
        return _BLOCK.findall(self.section(heading))


def quoted(cell: str) -> list[str]:
    """Return what stands between backquotes."""
    return _QUOTED.findall(cell)
