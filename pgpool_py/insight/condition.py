"""Whether the pooler serves: what probes ask, and why if it does not."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.stopping import Stopping


class State(StrEnum):
    """What the pooler does as a whole; if several hold, the last of them.

    None says that it starts: that takes no turn of the loop, which answers nobody then.
    """

    READY = "ready"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    DRAINING = "draining"
    STOPPED = "stopped"


#: In which of them clients are let in and served, or wait for a RESUME.
SERVING: Final = frozenset({State.READY, State.PAUSED})


@dataclass(frozen=True, slots=True)
class Condition:
    """At one moment.

    Attributes:
        why_not: why no server can be reached, where readiness depends on that.
    """

    state: State
    why_not: str = ""

    @property
    def is_ready(self) -> bool:
        """Whether clients should be sent here."""
        return self.state in SERVING and not self.why_not

    def __str__(self) -> str:
        if self.state in SERVING and self.why_not:
            return f"not ready: {self.why_not}"
        return str(self.state)


def state_of(pooler: Pooler) -> State:
    """Give the state of a pooler that was started."""
    if pooler.stopped.is_set():
        return State.STOPPED
    if pooler.stopping is not Stopping.NO:
        return State.DRAINING
    if pooler.suspension is not None:
        return State.SUSPENDED
    return State.PAUSED if pooler.paused else State.READY
