"""Metrics as text, in the formats of prometheus-client."""

from collections.abc import Iterable, Iterator

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from pgpool_py.insight.snapshot import PoolerSnapshot
from pgpool_py.statistics import Distribution

from .bounding import Bounds
from .families import FAMILIES
from .family import Family, Kind
from .rendering import Format


class PrometheusExposition:
    """See Exposition."""

    def __init__(self) -> None:
        self._bounds = Bounds()
        # Processor time, memory and descriptors, under the names all have for them.
        self._process = ProcessCollector(registry=None)

    def render(self, snapshot: PoolerSnapshot, wanted: Format) -> bytes:
        """Give the metrics in a format."""
        # What it is asked is ours: it raises at some of what clients may say.
        encode, _ = choose_encoder(wanted)
        return encode(_Snapshot(self._bounds.apply(snapshot), self._process))


class _Snapshot(Collector):
    """One snapshot, as the library reads it."""

    def __init__(self, snapshot: PoolerSnapshot, process: Collector) -> None:
        self._snapshot = snapshot
        self._process = process

    def collect(self) -> Iterator[Metric]:
        """Give all families."""
        for family in FAMILIES:
            yield _metric(family, self._snapshot)
        yield from self._process.collect()


def _metric(family: Family, snapshot: PoolerSnapshot) -> Metric:
    samples = ((_labels(labels), value) for labels, value in family.samples(snapshot))
    if family.kind is Kind.HISTOGRAM:
        histogram = HistogramMetricFamily(
            family.name, family.meaning, labels=family.labels
        )
        for labels, value in samples:
            if isinstance(value, Distribution):
                names = (*map(str, value.bounds), "+Inf")
                buckets = list(zip(names, value.at_most(), strict=True))
                histogram.add_metric(labels, buckets, value.total)
        return histogram
    kind = CounterMetricFamily if family.kind is Kind.COUNTER else GaugeMetricFamily
    plain = kind(family.name, family.meaning, labels=family.labels)
    for labels, value in samples:
        if not isinstance(value, Distribution):
            plain.add_metric(labels, value)
    return plain


def _labels(values: Iterable[str]) -> list[str]:
    # Names need not be UTF-8, and two of them must not become one.
    return [value.encode("utf-8", "backslashreplace").decode() for value in values]
