"""A picture of our pooler beside PgBouncer: two columns of bars, as SVG."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .contest import BESIDE_PGBOUNCER
from .figures import Figure
from .report import ratio_of
from .runner import Result
from .sample import Metric

NAMES, PLOT, GAP = 130, 300, 80
TOP, STEP, BAR = 48, 24, 14
WIDTH = NAMES + 2 * (PLOT + GAP)
# As far from white as from the darkest page: legible on both (WCAG: 4.3 to 1).
INK, BETTER, WORSE = "#7a7a7a", "#2f81f7", "#c4741a"
SCALE = (0.125, 0.25, 0.5, 1, 2, 4, 8, 16)
Figures = Sequence[Figure | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of bars: which metric it shows, the first that a case has."""

    title: str
    metrics: tuple[Metric, ...]
    more_is_better: bool

    def figure(self, result: Result) -> Figure | None:
        """Return what is shown of a result, None if it has nothing of it."""
        figures = (ratio_of(result, metric) for metric in self.metrics)
        return next(filter(None, figures), None)


COLUMNS = (
    Column("throughput", (Metric.THROUGHPUT, Metric.VOLUME), more_is_better=True),
    Column("CPU", (Metric.CPU, Metric.CPU_VOLUME), more_is_better=False),
)


def draw(results: Sequence[Result], facts: Iterable[str]) -> str:
    """Return the picture of all cases of which something is owed beside PgBouncer.

    Bars go from PgBouncer's figure (1) to ours, on a scale of doublings; the thin
    line is from quartile to quartile.
    """
    chosen = [
        result
        for result in results
        if result.case.contest is BESIDE_PGBOUNCER
        and result.case.owed
        and COLUMNS[0].figure(result)
    ]
    bottom = TOP + STEP * len(chosen)
    box = f"0 0 {WIDTH} {bottom + 30}"
    svg = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=box)
    svg.attrib |= {"font-family": "sans-serif", "font-size": "13", "fill": INK}
    SubElement(svg, "desc").text = "; ".join(facts)
    for number, result in enumerate(chosen):
        _text(svg, NAMES - 12, TOP + STEP * number + BAR - 2, result.case.name, "end")
    for number, column in enumerate(COLUMNS):
        left = NAMES + number * (PLOT + GAP)
        figures = [column.figure(result) for result in chosen]
        _column(svg, left, bottom, column, figures)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _column(
    svg: Element, left: float, bottom: float, column: Column, figures: Figures
) -> None:
    ends = [end for figure in figures if figure for end in (figure.lower, figure.upper)]
    low = max((s for s in SCALE if s <= min(ends, default=1)), default=SCALE[0])
    high = min((s for s in SCALE if s >= max(ends, default=1)), default=SCALE[-1])
    low, high = min(low, 0.5), max(high, 2.0)

    def place(value: float) -> float:
        share = math.log(min(max(value, low), high) / low) / math.log(high / low)
        return left + PLOT * share

    better = "more" if column.more_is_better else "less"
    title = f"{column.title}, PgBouncer = 1 ({better} is better)"
    _text(svg, left + PLOT / 2, 22, title, "middle")
    for mark in (mark for mark in SCALE if low <= mark <= high):
        x, width = place(mark), 1.5 if mark == 1 else 0.3
        _line(svg, (x, TOP - 8), (x, bottom), width)
        _text(svg, x, bottom + 18, f"{mark:g}", "middle")
    for number, figure in enumerate(figures):
        if not figure:
            continue
        top, middle = TOP + STEP * number, figure.median
        start, end = sorted((place(1), place(middle)))
        colour = BETTER if (middle >= 1) is column.more_is_better else WORSE
        _bar(svg, start, top, end - start, colour)
        height = top + BAR / 2
        lower, upper = place(figure.lower), place(figure.upper)
        _line(svg, (lower, height), (upper, height), 1.5)
        _text(svg, max(end, upper) + 6, top + BAR - 2, f"{middle:.2f}", "start")


def _text(svg: Element, x: float, y: float, text: str, anchor: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    SubElement(svg, "text", place).text = text


def _bar(svg: Element, x: float, y: float, width: float, colour: str) -> None:
    size = {"width": f"{width:.1f}", "height": f"{BAR}", "fill": colour}
    SubElement(svg, "rect", size, x=f"{x:.1f}", y=f"{y:.1f}")


def _line(
    svg: Element, start: tuple[float, float], end: tuple[float, float], width: float
) -> None:
    places = zip(("x1", "y1", "x2", "y2"), (*start, *end), strict=True)
    made = SubElement(svg, "line", {name: f"{at:.1f}" for name, at in places})
    made.attrib |= {"stroke": INK, "stroke-width": f"{width}"}
