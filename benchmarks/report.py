"""Print results: a block of text for each case, or one Markdown table for all."""

from collections.abc import Iterable, Sequence

from .cases import Basis, Owed
from .figures import Figure, ratios, summarise
from .ours import NAME as OURS
from .pgbouncer import NAME as PGBOUNCER
from .runner import DIRECT, Result
from .sample import Metric

TARGETS = (DIRECT, PGBOUNCER, OURS)
IN_MARKDOWN = tuple(
    metric
    for metric in Metric
    if metric not in {Metric.LATENCY, Metric.CPU_USER, Metric.CPU_SYSTEM}
)


def number(value: float, digits: int) -> str:
    """Write a number with `digits` behind the point, thousands set apart."""
    return f"{value:,.{digits}f}".replace(",", " ")


def written(figure: Figure, digits: int) -> str:
    """Write a figure as `median [lower..upper] spread`."""
    low, high = number(figure.lower, digits), number(figure.upper, digits)
    return (
        f"{number(figure.median, digits)} [{low}..{high}] "
        f"spread {figure.spread * 100:.0f}%"
    )


def figure_of(result: Result, target: str, metric: Metric) -> Figure | None:
    """Return a target's figure of a metric, None if it has no value."""
    values = result.values(target, metric)
    return summarise(values) if values else None


def ratio_of(result: Result, metric: Metric) -> Figure | None:
    """Return the figure of ours / PgBouncer, None unless both have all values."""
    ours, theirs = result.values(OURS, metric), result.values(PGBOUNCER, metric)
    if not ours or len(ours) != len(theirs):
        return None
    pairs = ratios(ours, theirs)
    return summarise(pairs) if pairs else None


def verdict(result: Result, owed: Owed) -> str:
    """Say what is owed of a metric, and whether it is met where that is known."""
    unit = f" {owed.metric.unit}" if owed.basis is Basis.OURS else " times"
    text = f"owed {owed.relation} {owed.bound:g}{unit}"
    if owed.basis is Basis.LOWER:
        text += " (lower quartile)"
    figure = (
        figure_of(result, OURS, owed.metric)
        if owed.basis is Basis.OURS
        else ratio_of(result, owed.metric)
    )
    if figure is None:
        return text
    value = figure.lower if owed.basis is Basis.LOWER else figure.median
    return f"{text}: {'met' if owed.met(value) else 'MISSED'}"


def metrics(result: Result) -> list[Metric]:
    """Return the metrics that any target of a result has, in their fixed order."""
    return [
        metric
        for metric in Metric
        if any(result.values(target, metric) for target in TARGETS)
    ]


def verdicts(result: Result, metric: Metric) -> str:
    """Return all that is owed of one metric, joined."""
    return "; ".join(
        verdict(result, owed) for owed in result.case.owed if owed.metric is metric
    )


def block(result: Result) -> str:
    """Return the text of one case."""
    lines = [f"\n{result.case.name}: {result.case.title}"]
    for metric in metrics(result):
        lines.append(f"  {metric.label} ({metric.unit})")
        for target in TARGETS:
            figure = figure_of(result, target, metric)
            if figure is not None:
                lines.append(f"    {target:<18}{written(figure, metric.digits)}")
        ratio = ratio_of(result, metric)
        said = verdicts(result, metric)
        if ratio is not None:
            lines.append(f"    {'ours / pgbouncer':<18}{written(ratio, 2)}  {said}")
        elif said:
            lines.append(f"    {'ours / pgbouncer':<18}{said}")
    lines += [f"  {line}" for line in failures(result)]
    return "\n".join(lines)


def failures(result: Result) -> list[str]:
    """Return a line for each target that could not be measured."""
    kind = "cannot do it" if result.case.optional else "FAILED"
    return [f"{name}: {kind}: {why}" for name, why in result.failures.items()]


def markdown(results: Sequence[Result], preamble: Iterable[str]) -> str:
    """Return all results as one Markdown table under a list of facts."""
    lines = [f"- {fact}" for fact in preamble]
    lines += [
        "",
        "| case | measured | direct | PgBouncer | ours | ours / PgBouncer | owed |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        lines += [row(result, metric) for metric in metrics(result) if shown(metric)]
        lines += [
            f"| {result.case.name} | {line} | | | | | |" for line in failures(result)
        ]
    lines += ["", *(f"- {line}" for line in flatness(results))]
    return "\n".join(lines).rstrip()


def shown(metric: Metric) -> bool:
    """Tell whether the Markdown table has a row for this metric."""
    return metric in IN_MARKDOWN


def row(result: Result, metric: Metric) -> str:
    """Return the Markdown row of one metric of one case."""
    cells = [result.case.name, f"{metric.label}, {metric.unit}"]
    for target in TARGETS:
        figure = figure_of(result, target, metric)
        cells.append("" if figure is None else brief(figure, metric.digits))
    ratio = ratio_of(result, metric)
    cells.append("" if ratio is None else brief(ratio, 2))
    cells.append(verdicts(result, metric))
    return f"| {' | '.join(cells)} |"


def brief(figure: Figure, digits: int) -> str:
    """Write a figure as `median [lower..upper]`."""
    low, high = number(figure.lower, digits), number(figure.upper, digits)
    return f"{number(figure.median, digits)} [{low}..{high}]"


def flatness(results: Sequence[Result]) -> list[str]:
    """Return, by pooler, its CPU per transaction as clients grow, the fewest being 1.

    Only the cases of the group `scaling` tell that; fewer than two tell nothing.
    """
    lines: list[str] = []
    for target in TARGETS:
        costs = [
            (result.case.clients, figure.median)
            for result in results
            if result.case.group == "scaling"
            and (figure := figure_of(result, target, Metric.CPU)) is not None
        ]
        if len(costs) > 1 and costs[0][1]:
            steps = (f"{count}: {cost / costs[0][1]:.2f}" for count, cost in costs)
            lines.append(
                f"CPU per transaction by clients, {target}: {', '.join(steps)}"
            )
    return lines
