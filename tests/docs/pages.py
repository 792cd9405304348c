"""All pages that people read, and the commands that stand on them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]

PAGES: Final = (
    *sorted(ROOT.glob("*.md")),
    *sorted(ROOT.glob("docs/*.md")),
    *sorted(ROOT.glob("examples/*/README.md")),
    ROOT / "benchmarks" / "README.md",
)

_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"^ {4,}(\S.*)$", re.MULTILINE)
_QUOTED: Final = re.compile(r"(?<!`)`([^`]+)`(?!`)")
# A setting of the environment in front of a command belongs to it.
_COMMAND: Final = re.compile(
    r"(?:[A-Z_]+=\S+ )*"
    r"(?:\S*/)?(?:pgpool-py|psql|pip|make|python3?|pytest|docker|kubectl)(?: .*|$)"
)


def commands(page: Path) -> list[str]:
    """Return what a page tells to run, in its order, each once."""
    found = [
        part.strip().removeprefix("ExecStart=")
        for text in _pieces(page.read_text())
        for part in text.split("&&")
    ]
    return list(dict.fromkeys(text for text in found if _COMMAND.fullmatch(text)))


def _pieces(text: str) -> Iterator[str]:
    """Give lines of blocks, and what stands between backquotes elsewhere."""
    for language, block in _FENCE.findall(text):
        if language in {"sh", ""}:
            yield from block.splitlines()
    rest = _FENCE.sub("", text)
    yield from _INDENTED.findall(rest)
    for quoted in _QUOTED.findall(rest):
        yield " ".join(quoted.split())
