"""What a case is: what runs, on which settings, and what is owed."""

from dataclasses import dataclass
from enum import Enum

from .contest import BESIDE_PGBOUNCER, Contest
from .measures import Measure
from .sample import Metric
from .targets import PoolerConfig

POOL_OF_4 = PoolerConfig()


class Basis(Enum):
    """What is held against a bound; the ratio is that of the case's contest."""

    MEDIAN = "median of the ratio"
    LOWER = "lower quartile of the ratio"
    OURS = "our own median"
    WORST = "our own greatest"


@dataclass(frozen=True, slots=True)
class Owed:
    """A bound on one metric: at least, or at most, `bound`."""

    metric: Metric
    relation: str
    bound: float
    basis: Basis = Basis.MEDIAN

    def met(self, value: float) -> bool:
        """Tell whether `value` keeps the bound."""
        return value >= self.bound if self.relation == "≥" else value <= self.bound


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the table.

    `contest`: who is compared with whom. `direct`: PostgreSQL itself takes part.
    `fresh`: poolers start anew for every run. `optional`: a pooler that cannot do it
    is noted, not counted as a failure. `enough`: more runs than these are made only
    if they are asked for. `round_trip`: seconds that the way to PostgreSQL and back
    takes, for a pooler and for direct clients. `clients` serves to compare the cases
    of one group.
    """

    name: str
    title: str
    measure: Measure
    clients: int
    owed: tuple[Owed, ...] = ()
    config: PoolerConfig = POOL_OF_4
    group: str = ""
    contest: Contest = BESIDE_PGBOUNCER
    direct: bool = True
    fresh: bool = False
    optional: bool = False
    enough: int | None = None
    round_trip: float = 0.0

    @property
    def heading(self) -> str:
        """The title, with what only our pooler is told."""
        own = (f"{name} = {value}" for name, value in self.config.own.items())
        return ", ours with ".join((self.title, *own))
