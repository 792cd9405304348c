"""A pooler that is seen at work, and is none: pools at every stage of trouble."""

import time
from dataclasses import dataclass, field, replace

from pgpool_py.insight.condition import Condition, State
from pgpool_py.insight.snapshot import PoolerSnapshot, PoolNow, PoolSnapshot
from pgpool_py.statistics import BOUNDS, Distribution, Exchanged, Snapshot, Tallied
from tests.metrics.snapshots import snapshot

READY = Condition(State.READY)


def pool(database: str, user: str = "app", **now: float) -> PoolSnapshot:
    """Return one with these numbers of now."""
    return PoolSnapshot(database, user, PoolNow(**{"limit": 20, **now}))  # type: ignore[arg-type]  # by name


@dataclass
class BusyObserver:
    """Sees more done at each look; counts go on by the time that passes.

    Attributes:
        pools: as they are at the beginning.
    """

    pools: tuple[PoolSnapshot, ...]
    says: Condition = READY
    began: float = field(default_factory=time.time)

    def condition(self) -> Condition:
        return self.says

    def snapshot(self) -> PoolerSnapshot:
        now = time.time()
        past = now - self.began
        pools = [_at(one, past) for one in self.pools]
        taken = snapshot(*pools, condition=self.says, databases=())
        process = replace(
            taken.process,
            started=self.began - 7200,
            cpu=0.3 * past,
            clients=sum(_clients(one.now) for one in self.pools),
            max_clients=1000,
        )
        return replace(taken, taken=now, process=process)


def _clients(now: PoolNow) -> int:
    return now.clients_active + now.clients_idle + now.clients_waiting


def _at(one: PoolSnapshot, seconds: float) -> PoolSnapshot:
    done = int(seconds * 400 * one.now.servers_active)
    waited = [0] * (len(BOUNDS) + 1)
    # Of each hundred one waits for up to 50 ms, and while clients wait many do for 250.
    waited[8] = done // 100
    waited[10] = done // 3 if one.now.clients_waiting else 0
    took = [0] * (len(BOUNDS) + 1)
    took[5], took[8] = done - done // 20, done // 20
    return replace(
        one,
        counted=Snapshot(
            server_assignment_count=done, xact_count=done, query_count=2 * done
        ),
        tallied=Tallied(waits=Distribution(tuple(waited), 0.0)),
        exchanged=Exchanged(transactions=Distribution(tuple(took), 0.0)),
    )
