"""How one run of a case is measured on one target."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from . import load, memory, wire
from .cpu import CpuTime, cpu_time
from .endpoint import Endpoint
from .pgbench import Pgbench, Script, quantiles
from .sample import Metric, Sample
from .statements import lookups, shared
from .targets import Target
from .transfer import Transfer, repeat

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Bench:
    """The tools of a run: pgbench, how many seconds it lasts, and PostgreSQL itself."""

    pgbench: Pgbench
    seconds: float
    server: Endpoint


Measure = Callable[[Bench, Target], Sample]


@dataclass(slots=True)
class Meter:
    """The processor time that a pooler used while the meter ran."""

    used: CpuTime | None = field(default=None)

    def per(self, count: float) -> dict[Metric, float]:
        """Return µs for each of `count` transactions; nothing for PostgreSQL."""
        if self.used is None or not count:
            return {}
        user, system = self.used.user * 1e6 / count, self.used.system * 1e6 / count
        return {
            Metric.CPU_USER: user,
            Metric.CPU_SYSTEM: system,
            Metric.CPU: user + system,
        }


@contextmanager
def metered(target: Target) -> Iterator[Meter]:
    """Measure the processor time of the target's process over the block."""
    meter = Meter()
    before = None if target.pid is None else cpu_time(target.pid)
    yield meter
    if target.pid is not None and before is not None:
        meter.used = cpu_time(target.pid).since(before)


def with_pgbench(script: Script) -> Measure:
    """Measure a run of pgbench.

    With a connection for each transaction the latency is that of connecting and
    asking together (clients / throughput): pgbench's own leaves the former out.
    """

    def measure(bench: Bench, target: Target) -> Sample:
        with metered(target) as meter:
            outcome, latencies = bench.pgbench.run(target.endpoint, script)
        sample = {Metric.THROUGHPUT: outcome.tps}
        if script.reconnect:
            sample[Metric.LATENCY] = script.clients / outcome.tps * 1000
        else:
            sample[Metric.LATENCY] = outcome.latency
            sample[Metric.MEDIAN], sample[Metric.P99] = quantiles(latencies)
        return sample | meter.per(outcome.transactions)

    return measure


def busy_clients(count: int) -> Measure:
    """Measure `count` clients of distinct application_names, all of them busy."""
    statements = lookups()

    def measure(bench: Bench, target: Target) -> Sample:
        asked = shared(statements, count)
        with (
            load.load(target.endpoint, asked, "application {}".format) as clients,
            metered(target) as meter,
        ):
            outcome = clients.closed(bench.seconds)
        return load_sample(outcome, meter)

    return measure


def idle_majority(count: int, rate: float) -> Measure:
    """Measure `rate` transactions a second, spread over `count` clients in turn."""
    statements = lookups()

    def measure(bench: Bench, target: Target) -> Sample:
        asked = shared(statements, count)
        with (
            load.load(target.endpoint, asked, "benchmark".format) as clients,
            metered(target) as meter,
        ):
            outcome = clients.paced(bench.seconds, rate)
        return load_sample(outcome, meter)

    return measure


def load_sample(outcome: load.LoadOutcome, meter: Meter) -> dict[Metric, float]:
    """Turn what a load saw into a sample."""
    median, p99 = quantiles(outcome.latencies)
    sample = {
        Metric.THROUGHPUT: outcome.transactions / outcome.seconds,
        Metric.LATENCY: sum(outcome.latencies) / len(outcome.latencies),
        Metric.MEDIAN: median,
        Metric.P99: p99,
    }
    if outcome.slow:
        _, sample[Metric.SLOW] = quantiles(outcome.slow)
    return sample | meter.per(outcome.transactions)


def bulk(transfer: Transfer) -> Measure:
    """Measure bulk data through one connection."""

    def measure(bench: Bench, target: Target) -> Sample:
        with wire.login(target.endpoint) as connection, metered(target) as meter:
            outcome = repeat(connection, transfer, bench.seconds)
        megabytes = outcome.payload / MEGABYTE
        sample = {Metric.VOLUME: megabytes / outcome.seconds}
        used = meter.per(megabytes)
        if used:
            sample[Metric.CPU_VOLUME] = used[Metric.CPU]
        return sample

    return measure


def idle_clients(count: int) -> Measure:
    """Measure what `count` idle clients add to the pooler's resident memory.

    When they have logged in, when each has run one query alone, and when all have
    run one at the same time: then those that waited have made the pooler buffer
    their queries. Ten clients log in and ask beforehand, so that what a pooler
    allocates once, for its first client or server, is not counted.
    """

    def measure(bench: Bench, target: Target) -> Sample:
        del bench  # It takes as long as the logins take.
        if target.pid is None:
            return {}
        buffer = bytearray(wire.READ_SIZE)
        with load.sessions(target.endpoint, 10, "benchmark".format) as first:
            for each in first:
                wire.execute(each, "SELECT 1")
            before = memory.resident(target.pid)
            with load.sessions(target.endpoint, count, "benchmark".format) as clients:
                logged_in = memory.resident(target.pid) - before
                for each in clients:
                    wire.execute(each, "SELECT 1")
                asked = memory.resident(target.pid) - before
                for each in clients:
                    each.sendall(wire.query("SELECT 1"))
                for each in clients:
                    wire.read_until_ready(each, buffer)
                burst = memory.resident(target.pid) - before
        return {
            Metric.MEMORY_LOGIN: logged_in / count,
            Metric.MEMORY_QUERY: asked / count,
            Metric.MEMORY_BURST: burst / count,
        }

    return measure
