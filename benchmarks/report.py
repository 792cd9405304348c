"""Print results: a block of text for each case."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType

from .case import Basis, Owed
from .contest import BESIDE_PGBOUNCER
from .figures import Figure, ratios, summarise
from .runner import Result
from .sample import Metric

FLAT = 1.2
# What of a figure is held against a bound, and how that is said.
HELD: Mapping[Basis, Callable[[Figure], float]] = MappingProxyType(
    {
        Basis.MEDIAN: attrgetter("median"),
        Basis.LOWER: attrgetter("lower"),
        Basis.OURS: attrgetter("median"),
        Basis.WORST: attrgetter("greatest"),
    }
)
REMARKS: Mapping[Basis, str] = MappingProxyType(
    {Basis.LOWER: " (lower quartile)", Basis.WORST: " (in all runs)"}
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
    """Return the figure of the contest's ratio, None unless both have all values."""
    contest = result.case.contest
    ours = result.values(contest.ours, metric)
    theirs = result.values(contest.other, metric)
    if not ours or len(ours) != len(theirs):
        return None
    pairs = ratios(ours, theirs)
    return summarise(pairs) if pairs else None


def verdict(result: Result, owed: Owed) -> str:
    """Say what is owed of a metric, and whether it is met where that is known."""
    own = owed.basis in {Basis.OURS, Basis.WORST}
    text = f"owed {owed.relation} {owed.bound:g} {owed.metric.unit if own else 'times'}"
    text += REMARKS.get(owed.basis, "")
    figure = (
        figure_of(result, result.case.contest.ours, owed.metric)
        if own
        else ratio_of(result, owed.metric)
    )
    if figure is None:
        return text
    value = HELD[owed.basis](figure)
    return f"{text}: {'met' if owed.met(value) else 'MISSED'}"


def metrics(result: Result) -> list[Metric]:
    """Return the metrics that any target of a result has, in their fixed order."""
    return [
        metric
        for metric in Metric
        if any(result.values(name, metric) for name in result.case.contest.targets)
    ]


def verdicts(result: Result, metric: Metric) -> str:
    """Return all that is owed of one metric, joined."""
    return "; ".join(
        verdict(result, owed) for owed in result.case.owed if owed.metric is metric
    )


def block(result: Result) -> str:
    """Return the text of one case."""
    contest = result.case.contest
    lines = [f"\n{result.case.name}: {result.case.heading}"]
    for metric in metrics(result):
        lines.append(f"  {metric.label} ({metric.unit})")
        for target in contest.targets:
            figure = figure_of(result, target, metric)
            if figure is not None:
                lines.append(f"    {target:<18}{written(figure, metric.digits)}")
        ratio = ratio_of(result, metric)
        said = verdicts(result, metric)
        if ratio is not None:
            lines.append(f"    {contest.ratio:<18}{written(ratio, 2)}  {said}")
        elif said:
            lines.append(f"    {contest.ratio:<18}{said}")
    lines += [f"  {line}" for line in failures(result)]
    return "\n".join(lines)


def failures(result: Result) -> list[str]:
    """Return a line for each target that could not be measured."""
    kind = "cannot do it" if result.case.optional else "FAILED"
    return [f"{name}: {kind}: {why}" for name, why in result.failures.items()]


def flatness(results: Sequence[Result]) -> list[str]:
    """Return, by pooler, its CPU per transaction as clients grow, the fewest being 1.

    Flat is what never costs a fifth more than that. Only the cases of the group
    `scaling` tell it; fewer than two tell nothing.
    """
    lines: list[str] = []
    for target in BESIDE_PGBOUNCER.targets:
        costs = [
            (result.case.clients, figure.median)
            for result in results
            if result.case.group == "scaling"
            and (figure := figure_of(result, target, Metric.CPU)) is not None
        ]
        if len(costs) > 1 and costs[0][1]:
            steps = [(count, cost / costs[0][1]) for count, cost in costs]
            told = ", ".join(f"{count}: {step:.2f}" for count, step in steps)
            flat = max(step for _, step in steps) <= FLAT
            lines.append(
                f"CPU per transaction by clients, {target}: {told}; "
                f"flat within {FLAT - 1:.0%}: {'met' if flat else 'MISSED'}"
            )
    return lines
