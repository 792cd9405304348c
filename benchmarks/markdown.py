"""Print results: a Markdown table for each contest, under a list of facts."""

from collections.abc import Iterable, Sequence

from .contest import CONTESTS, Contest
from .figures import Figure
from .pgbouncer import NAME as PGBOUNCER
from .report import failures, figure_of, flatness, metrics, number, ratio_of, verdicts
from .runner import Result
from .sample import Metric

LEFT_OUT = frozenset({Metric.LATENCY, Metric.CPU_USER, Metric.CPU_SYSTEM})


def tables(results: Sequence[Result], preamble: Iterable[str]) -> str:
    """Return all results under what is to be known of them."""
    lines = [f"- {fact}" for fact in (*preamble, *own_settings(results))]
    for contest in CONTESTS:
        chosen = [result for result in results if result.case.contest is contest]
        if chosen:
            lines += ["", *table(contest, chosen)]
    lines += ["", *(f"- {line}" for line in flatness(results))]
    return "\n".join(lines).rstrip()


def own_settings(results: Iterable[Result]) -> list[str]:
    """Return which cases tell our pooler what they cannot tell PgBouncer."""
    cases: dict[str, list[str]] = {}
    for result in results:
        for name, value in result.case.config.own.items():
            cases.setdefault(f"{name} = {value}", []).append(result.case.name)
    return [f"ours with {line}: {', '.join(names)}" for line, names in cases.items()]


def table(contest: Contest, results: Sequence[Result]) -> list[str]:
    """Return the lines of one table."""
    names = [
        name.replace(PGBOUNCER, "PgBouncer")
        for name in ("case", "measured", *contest.targets, contest.ratio, "owed")
    ]
    lines = [_line(*names), "|" + "---|" * len(names)]
    for result in results:
        lines += [
            row(result, metric) for metric in metrics(result) if metric not in LEFT_OUT
        ]
        blank = [""] * (len(names) - 2)
        lines += [_line(result.case.name, why, *blank) for why in failures(result)]
    return lines


def row(result: Result, metric: Metric) -> str:
    """Return the row of one metric of one case."""
    figures = [
        (figure_of(result, target, metric), metric.digits)
        for target in result.case.contest.targets
    ]
    cells = (
        "" if figure is None else brief(figure, digits)
        for figure, digits in (*figures, (ratio_of(result, metric), 2))
    )
    measured = f"{metric.label}, {metric.unit}"
    return _line(result.case.name, measured, *cells, verdicts(result, metric))


def brief(figure: Figure, digits: int) -> str:
    """Write a figure as `median [lower..upper]`."""
    low, high = number(figure.lower, digits), number(figure.upper, digits)
    return f"{number(figure.median, digits)} [{low}..{high}]"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
