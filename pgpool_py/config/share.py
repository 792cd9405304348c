"""A part of a whole, between 0 and 1."""

from dataclasses import dataclass

from .faults import shown


@dataclass(frozen=True, slots=True)
class Share:
    """A number from 0 to 1; see Kind."""

    unit: str = ""

    def parse(self, text: str) -> float:
        """Return the value; raises ValueError that says what was expected."""
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:
            raise ValueError(f"expected a number from 0 to 1, got {shown(text)}")
        return value

    def show(self, value: object) -> str:
        """Return the text that would be read as ``value``."""
        return f"{value:g}" if isinstance(value, float) else str(value)
