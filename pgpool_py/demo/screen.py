"""What the demo prints: a row that changes in place, or lines where that cannot be."""

import os
import shutil
from typing import Final, TextIO

from .watch import Sample

_HEADINGS: Final = (
    "seconds",
    "clients",
    "waiting",
    "servers",
    "active",
    "idle",
    "transactions/s",
    "mean wait ms",
)
_GAP: Final = "  "

#: To the start of the line, and clear it (ECMA-48, EL).
_AGAIN: Final = "\r\x1b[K"


class Screen:
    """Writes to a terminal or to anything else, at once."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._in_place = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._row_open = False

    def say(self, line: str = "") -> None:
        """Print one line, under the row if there is one."""
        ending = "\n" if self._row_open else ""
        self._row_open = False
        self._write(f"{ending}{line}\n")

    def head(self) -> None:
        """Print the headings of the rows to come."""
        self.say(_GAP.join(_HEADINGS))

    def row(self, seconds: float, before: Sample, now: Sample, elapsed: float) -> None:
        """Print a sample.

        Args:
            seconds: since the first.
            before: the sample before this one.
            now: this one.
            elapsed: seconds between the two.
        """
        rate = (now.transactions - before.transactions) / elapsed
        assignments = now.assignments - before.assignments
        wait = (now.wait_us - before.wait_us) / 1000 / max(assignments, 1)
        cells = (
            f"{seconds:.0f}",
            f"{now.clients}",
            f"{now.waiting}",
            f"{now.backends}",
            f"{now.active}",
            f"{now.idle}",
            f"{rate:.0f}",
            f"{wait:.1f}",
        )
        pairs = zip(_HEADINGS, cells, strict=True)
        line = _GAP.join(f"{cell:>{len(heading)}}" for heading, cell in pairs)
        if not self._in_place:
            self.say(line)
            return
        width = shutil.get_terminal_size().columns
        self._row_open = True
        self._write(_AGAIN + line[: width - 1])

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def grouped(number: int) -> str:
    """Return a number in groups of three digits: 12 345."""
    return f"{number:,}".replace(",", " ")
