"""What is known of a setting beyond its value."""

from dataclasses import dataclass
from enum import StrEnum, auto

from pgpool_py.settings import Settings

from .values import Kind

_DEFAULTS = Settings()


class Effect(StrEnum):
    """What a value other than the default does in this version."""

    WORKS = auto()
    # Nothing: one warning names all such settings that are given.
    LATER = auto()
    # Nothing, and that would be less safe than what was asked for: no start.
    SECURITY = auto()


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of ``[pgbouncer]``.

    ``refused`` lists values for which SECURITY holds whatever ``effect`` says.
    A setting that is not ``reloadable`` keeps its value until the next start.
    ``ours`` marks what PgBouncer does not know.
    """

    name: str
    kind: Kind
    meaning: str
    effect: Effect = Effect.WORKS
    reloadable: bool = True
    refused: frozenset[object] = frozenset()
    ours: bool = False

    @property
    def default(self) -> object:
        """The value without a line in the file; it stands in ``Settings`` only."""
        return getattr(_DEFAULTS, self.name)

    @property
    def unit(self) -> str:
        """The unit of the value, empty if it has none."""
        return self.kind.unit

    def effect_of(self, value: object) -> Effect:
        """Return what ``value`` does in this version."""
        if value in self.refused:
            return Effect.SECURITY
        return self.effect
