"""The kinds of values a setting can have: how each is read, checked and shown.

Source: PgBouncer 1.25, ``lib/usual/cfparser.c`` (CF_INT, CF_TIME_USEC, CF_LOOKUP).
What it reads means the same here; words for flags and ``units`` are ours.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pgpool_py.settings import Endpoint
from pgpool_py.settings.units import known_units, measure

from .faults import shown

INT_MAX = 2**31 - 1
SECONDS_MAX = 1e9

_INTEGER = re.compile(r"(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<rest>[0-9]+))")
_OCTAL = re.compile(r"0[0-7]*")
_SECONDS = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_ENDPOINT = re.compile(
    r"(?:(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<host>[^\s:\[\]]+)):)?(?P<port>[0-9]{1,5})"
)
LOOPBACK = "127.0.0.1"
_MANY_DIGITS = 20
_TRAILING_COMMENT = re.compile(r"[ \t][;#]")
_FLAGS = {
    "on": True,
    "yes": True,
    "true": True,
    "off": False,
    "no": False,
    "false": False,
}


class Kind(Protocol):
    """Reads text into a value and shows a value as text."""

    @property
    def unit(self) -> str:
        """The unit of the value, empty if it has none."""

    def parse(self, text: str) -> object:
        """Return the value; raises ValueError that says what was expected."""

    def show(self, value: object) -> str | None:
        """Return the text that would be read as ``value``; None for not set."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number as C's strtol with base 0 reads it: 10, 0x0a, 012.

    Where the setting has a ``unit`` others may stand behind a number, if the result is
    whole.
    """

    low: int = 0
    high: int = INT_MAX
    unit: str = ""

    def parse(self, text: str) -> int:
        """Return the number."""
        number = strtol(text)
        if number is None:
            number = self._measured(text)
        if not self.low <= number <= self.high:
            raise ValueError(f"{shown(text)} is not between {self.low} and {self.high}")
        return number

    def _measured(self, text: str) -> int:
        found = measure(text, self.unit)
        if found is None:
            what = f" of {self.unit}" if self.unit else ""
            hint = _comment(text) or known_units(self.unit)
            raise ValueError(f"{shown(text)} is not a whole number{what}{hint}")
        if found.denominator != 1:
            raise ValueError(f"{shown(text)} is not a whole number of {self.unit}")
        return found.numerator

    def show(self, value: object) -> str:
        """Return the number in decimal."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Flag:
    """0 is off, every other number is on; so are the words of PostgreSQL."""

    unit: str = ""

    def parse(self, text: str) -> bool:
        """Return whether it is on."""
        word = _FLAGS.get(text.lower())
        if word is not None:
            return word
        number = strtol(text)
        if number is None:
            raise ValueError(
                f"{shown(text)} is not 0, 1, on, off, yes, no, true or false"
                f"{_comment(text)}"
            )
        return number != 0

    def show(self, value: object) -> str:
        """Return 0 or 1."""
        return "1" if value else "0"


@dataclass(frozen=True, slots=True)
class Seconds:
    """A time in seconds, fractions allowed, with or without a unit.

    ``why`` tells what is wrong with less than ``low``.
    """

    low: float = 0.0
    why: str = ""
    unit: str = "seconds"

    def parse(self, text: str) -> float:
        """Return the seconds."""
        measured = measure(text, self.unit)
        if measured is None and _SECONDS.fullmatch(text) is None:
            hint = _comment(text) or known_units(self.unit)
            raise ValueError(f"{shown(text)} is not a number of seconds{hint}")
        seconds = float(text if measured is None else measured)
        if not self.low <= seconds <= SECONDS_MAX:
            why = f": {self.why}" if self.why and seconds < self.low else ""
            raise ValueError(
                f"{shown(text)} is not between {self.low:g} and {SECONDS_MAX:.0f} "
                f"seconds{why}"
            )
        return seconds

    def show(self, value: object) -> str:
        """Return the seconds, without a fraction if there is none."""
        return f"{value:g}"


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it stands; where ``optional``, no text means not set."""

    optional: bool = False
    unit: str = ""

    def parse(self, text: str) -> str | None:
        """Return the text."""
        return None if self.optional and not text else text

    def show(self, value: object) -> str | None:
        """Return the text."""
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Names:
    """A list of names with commas between them; blanks around a name do not count."""

    unit: str = ""

    def parse(self, text: str) -> tuple[str, ...]:
        """Return the names."""
        return tuple(name for part in text.split(",") if (name := part.strip()))

    def show(self, value: object) -> str | None:
        """Return the names with commas between them."""
        return ",".join(value) if isinstance(value, tuple) else None


@dataclass(frozen=True, slots=True)
class Choice:
    """One word of a list, in capitals or not."""

    words: type[StrEnum]
    unit: str = ""

    def parse(self, text: str) -> StrEnum:
        """Return the word as an enum member."""
        wanted = text.lower()
        for word in self.words:
            if word == wanted:
                return word
        choices = ", ".join(self.words)
        raise ValueError(
            f"{shown(text)} is not one of {choices}"
            f"{did_you_mean(wanted, self.words)}{_comment(text)}"
        )

    def show(self, value: object) -> str:
        """Return the word."""
        return str(value)


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a list, in capitals or not, that stays text."""

    words: tuple[str, ...]
    unit: str = ""

    def parse(self, text: str) -> str:
        """Return the word in small letters."""
        wanted = text.lower()
        if wanted not in self.words:
            raise ValueError(
                f"{shown(text)} is not one of {', '.join(self.words)}"
                f"{did_you_mean(wanted, self.words)}{_comment(text)}"
            )
        return wanted

    def show(self, value: object) -> str:
        """Return the word."""
        return str(value)


@dataclass(frozen=True, slots=True)
class ListenAt:
    """``PORT`` on loopback, ``HOST:PORT``, ``[IPv6]:PORT``, ``*:PORT``, or nothing."""

    unit: str = ""

    def parse(self, text: str) -> Endpoint | None:
        """Return where to listen, None for nowhere."""
        if not text:
            return None
        found = _ENDPOINT.fullmatch(text)
        port = int(found["port"]) if found else 0
        if found is None or not 0 < port <= 65535:
            raise ValueError(
                f"{shown(text)} is not PORT, HOST:PORT, [IPv6]:PORT or *:PORT"
                f"{_comment(text)}"
            )
        return Endpoint(found["v6"] or found["host"] or LOOPBACK, port)

    def show(self, value: object) -> str:
        """Return host and port."""
        return "" if value is None else str(value)


def strtol(text: str) -> int | None:
    """Return what C's strtol with base 0 makes of the whole text, else None."""
    match = _INTEGER.fullmatch(text)
    if match is None:
        return None
    # More digits fit no range, and int() refuses thousands of them.
    digits = (match["hex"] or match["rest"]).lstrip("0")[:_MANY_DIGITS] or "0"
    if match["hex"]:
        number = int(digits, 16)
    elif match["rest"].startswith("0"):
        if _OCTAL.fullmatch(match["rest"]) is None:
            return None
        number = int(digits, 8)
    else:
        number = int(digits)
    return -number if match["sign"] == "-" else number


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `` (did you mean …?)`` if something known is close, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (did you mean {shown(close[0])}?)" if close else ""


def _comment(text: str) -> str:
    if _TRAILING_COMMENT.search(text):
        return "; a comment must stand on a line of its own"
    return ""
