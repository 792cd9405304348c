"""Tests of ``benchmarks/chart.py``."""

from xml.etree.ElementTree import Element, fromstring

from benchmarks import chart
from benchmarks.case import Owed
from benchmarks.contest import BESIDE_PGBOUNCER, WITH_ITSELF, Contest
from benchmarks.runner import Result
from benchmarks.sample import Metric

from .results import compared

OWED = Owed(Metric.THROUGHPUT, "≥", 1.0)
SVG = "{http://www.w3.org/2000/svg}"


def measured(
    throughput: float, cpu: float, contest: Contest = BESIDE_PGBOUNCER
) -> Result:
    """Return a result of these ratios."""
    made = compared([throughput], [1.0], OWED, contest=contest)
    made.samples[contest.ours] = [{Metric.THROUGHPUT: throughput, Metric.CPU: cpu}]
    made.samples[contest.other] = [{Metric.THROUGHPUT: 1.0, Metric.CPU: 1.0}]
    return made


def drawn(*results: Result) -> Element:
    return fromstring(chart.draw(results, ["a machine"]))


def bars(svg: Element) -> list[tuple[float, float, str]]:
    """Return from where to where each bar goes, and its colour."""
    found = []
    for bar in svg.iter(f"{SVG}rect"):
        left = float(bar.attrib["x"])
        found.append((left, left + float(bar.attrib["width"]), bar.attrib["fill"]))
    return found


def test_more_throughput_and_less_processor_time_are_better() -> None:
    assert [colour for *_, colour in bars(drawn(measured(2.0, 0.5)))] == [
        chart.BETTER
    ] * 2
    assert [colour for *_, colour in bars(drawn(measured(0.5, 2.0)))] == [
        chart.WORSE
    ] * 2


def test_bars_go_from_pgbouncer_s_figure_on_a_scale_of_doublings() -> None:
    (left, right, _), (least, most, _) = bars(drawn(measured(2.0, 0.5)))
    assert right - left == most - least > 0
    # Half and twice are the ends of the scale where nothing is beyond.
    assert left == chart.NAMES + chart.PLOT / 2
    assert least == chart.NAMES + chart.PLOT + chart.GAP


def test_everything_is_within_the_picture() -> None:
    svg = drawn(measured(40.0, 0.01), measured(1.0, 1.0))
    _, _, width, _ = map(float, svg.attrib["viewBox"].split())
    assert all(0 <= left <= right <= width for left, right, _ in bars(svg))


def test_what_has_no_pgbouncer_beside_is_not_drawn() -> None:
    assert bars(drawn(measured(2.0, 2.0, WITH_ITSELF), compared([1.0], []))) == []


def test_figures_are_told_in_words_too() -> None:
    svg = drawn(measured(8.25, 0.5))
    words = [text.text for text in svg.iter(f"{SVG}text")]
    assert {"a", "8.25", "0.50"} <= set(words)
    assert svg.findtext(f"{SVG}desc") == "a machine"
