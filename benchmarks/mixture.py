"""Transactions that write beside statements that read, on the same servers."""

from concurrent.futures import ThreadPoolExecutor

from .measures import Bench, Measure, metered
from .pgbench import Script, quantiles
from .sample import Metric, Sample
from .targets import Target


def writes_beside_reads(clients: int) -> Measure:
    """Measure two pgbench at once, `clients` each: tpcb-like, and select-only.

    Latencies are those of the former, all of whose transactions are timed: one that
    has waited for long is not to be missed.
    """
    writing = Script(clients, builtin="tpcb-like", sampling_rate=1.0)
    reading = Script(clients)

    def measure(bench: Bench, target: Target) -> Sample:
        with metered(target) as meter, ThreadPoolExecutor(1) as thread:
            beside = thread.submit(bench.pgbench.run, target.endpoint, reading)
            written, waits = bench.pgbench.run(target.endpoint, writing)
            read, _ = beside.result()
        median, p99 = quantiles(waits)
        return {
            Metric.THROUGHPUT: written.tps,
            Metric.READS: read.tps,
            Metric.MEDIAN: median,
            Metric.P99: p99,
            Metric.LONGEST: max(waits) / median,
        } | meter.per(written.transactions + read.transactions)

    return measure
