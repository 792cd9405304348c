"""What is wrong with a configuration, and where: every fault, not just the first."""

from dataclasses import dataclass

SHOWN_LENGTH = 60


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault; ``line`` counts from 1, 0 means the file as a whole."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """Return ``file:line: text``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return printable(f"{place}: {self.text}")


class ConfigError(Exception):
    """A configuration that cannot be used; ``faults`` holds at least one."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        """Return one line per fault."""
        return "\n".join(map(str, self.faults))


def shown(value: str) -> str:
    """Return ``value`` in double quotes, printable and of bounded length."""
    if len(value) > SHOWN_LENGTH:
        value = f"{value[:SHOWN_LENGTH]}…"
    return f'"{printable(value)}"'


def printable(text: str) -> str:
    """Return ``text`` with escapes for what a terminal or UTF-8 cannot take."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
