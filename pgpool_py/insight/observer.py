"""Who looks at the pooler for all others, and counts what nobody else does.

Built in the loop's thread and asked there; what it gives may be read in any.
"""

import os
import platform
import time
from typing import Final

from pgpool_py import __version__
from pgpool_py.pooler.ends import epoch_offset
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.reachability import Reachability

from .advice import Advisor
from .alerts import Alerts
from .condition import Condition, state_of
from .events import EventKind, Events
from .leaks import Leaks
from .loop_lag import LoopLag
from .losses import Losses
from .reloads import Reloads
from .snapshot import PoolerSnapshot, ProcessSnapshot
from .taking import take_databases, take_pools

#: Seconds between two looks for leaks, alerts and losses.
REPORT_INTERVAL: Final = 1.0


class Observer:
    """See the module's text.

    Attributes:
        reloads: told of each by whoever reads the configuration.
        events: what has happened lately.
        advisor: advises on the sizes of pools.
    """

    def __init__(self, pooler: Pooler) -> None:
        self._pooler = pooler
        self._lag = LoopLag()
        self._reachability = Reachability(pooler)
        self.events = Events()
        self.reloads = Reloads(
            note=lambda text: self.events.note(EventKind.RELOAD, text)
        )
        self.advisor = Advisor(pooler)
        self._leaks = Leaks(pooler, self.events)
        self._alerts = Alerts(pooler, self.events)
        self._losses = Losses(pooler, self.events)
        self._reported = pooler.now
        # Once: two clocks read one after the other never differ by the same twice, and
        # who compares takes another start for another process.
        self._started = pooler.started + epoch_offset()

    def begin(self) -> None:
        """Watch a pooler that has started."""
        self._lag.begin()
        for looks in (self._lag, self._reachability, self.advisor):
            self._pooler.watch(looks.tick)
        self._pooler.watch(self._report)

    def _report(self) -> None:
        """Look for what is to be told, once a second: nobody needs it sooner."""
        now = self._pooler.now
        if now - self._reported >= REPORT_INTERVAL:
            self._reported = now
            self._leaks.tick()
            self._alerts.tick()
            self._losses.tick()

    def end(self) -> None:
        """Leave nothing open: the pooler has stopped."""
        self._reachability.stop()

    def condition(self) -> Condition:
        """Say whether it serves."""
        return Condition(state_of(self._pooler), self._reachability.why_not)

    def snapshot(self) -> PoolerSnapshot:
        """Give everything."""
        return PoolerSnapshot(
            taken=time.time(),
            condition=self.condition(),
            process=self._process(),
            pools=take_pools(self._pooler, self.advisor),
            databases=take_databases(self._pooler),
            alerts=self._alerts.active(),
            events=self.events.all(),
        )

    def _process(self) -> ProcessSnapshot:
        pooler = self._pooler
        house = pooler.gatehouse
        return ProcessSnapshot(
            version=__version__,
            python=platform.python_version(),
            pid=os.getpid(),
            started=self._started,
            cpu=time.process_time(),
            lag=self._lag.histogram.snapshot(),
            latest_lag=self._lag.latest,
            clients=house.connected,
            max_clients=pooler.settings.max_client_conn,
            arriving=len(house.arrivals),
            consoles=len(house.consoles),
            reloaded=self.reloads.latest,
            nobodys=pooler.context.tallies.snapshot(),
        )
