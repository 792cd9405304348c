"""Measure the pooler beside PostgreSQL and PgBouncer: `python -m benchmarks`."""

import argparse
import platform
import signal
import sys
from dataclasses import replace
from types import FrameType

from pgpool_py.embedded import EmbeddedError

from . import (
    chart,
    descriptors,
    machine,
    markdown,
    options,
    ours,
    pgbench,
    pgbouncer,
    postgres,
    report,
)
from .case import Case
from .cases import select
from .errors import BenchmarkError, OursError, PgbouncerError
from .runner import Result, Runner, say
from .targets import Program


def poolers(arguments: argparse.Namespace) -> tuple[list[Program], list[str]]:
    """Return the poolers to measure, and notes on those that are missing.

    One that was asked for by its command may not be missing: BenchmarkError.
    """
    found: list[Program] = []
    notes: list[str] = []
    finders = (
        (pgbouncer.NAME, pgbouncer.find, arguments.pgbouncer),
        (ours.NAME, ours.find, arguments.ours),
    )
    for name, find, given in finders:
        if name in arguments.without:
            continue
        try:
            program = find(given)
        except (PgbouncerError, OursError) as error:
            if given is not None:
                raise
            notes.append(f"{name} is missing: {error}")
            continue
        if program.settings is not None and arguments.setting:
            settings: dict[str, str] = dict(arguments.setting)
            program = replace(program, settings=settings)
            lines = (f"{key} = {value}" for key, value in settings.items())
            notes.append(f"{name}: in all cases with {', '.join(lines)}")
        found.append(program)
    return found, notes


def stop(number: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into an exit that ends everything we started."""
    del frame
    raise SystemExit(128 + number)


def measure(
    chosen: list[Case], arguments: argparse.Namespace
) -> tuple[list[Result], list[str]]:
    """Run the cases; return their results and the facts that go with them."""
    programs, notes = poolers(arguments)
    limit = descriptors.raise_limit()
    left_out = {case: descriptors.too_many(case, limit) for case in chosen}
    notes += filter(None, left_out.values())
    plan = options.plan(arguments)
    say("starting PostgreSQL and filling pgbench's tables")
    with postgres.running() as server:
        facts = [
            machine.describe(),
            f"PostgreSQL {server.version}, Python {platform.python_version()}",
            *(f"{program.name}: {program.version}" for program in programs),
            *notes,
            f"runs: {plan.runs} of {plan.seconds:g} s, interleaved",
            "each figure: median [quartiles]",
        ]
        program = pgbench.Pgbench(pgbench.find(server.bindir), plan.seconds)
        runner = Runner(server, program, programs, plan)
        if not arguments.markdown:
            print("\n".join(facts), flush=True)
        results: list[Result] = []
        for case in (case for case, reason in left_out.items() if not reason):
            results.append(runner.run(case))
            if not arguments.markdown:
                print(report.block(results[-1]), flush=True)
    return results, facts


def main() -> int:
    """Run the benchmarks; 1 if a target failed where it should not, 2 for bad use."""
    parser = options.parser(__doc__)
    arguments = parser.parse_args()
    try:
        chosen = select(arguments.cases)
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, stop)
    try:
        results, facts = measure(chosen, arguments)
    except (BenchmarkError, EmbeddedError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    if arguments.markdown:
        print(markdown.tables(results, facts))
    else:
        print("\n".join(report.flatness(results)))
    if arguments.svg is not None:
        arguments.svg.write_text(chart.draw(results, facts))
    failed = [each for each in results if each.failures and not each.case.optional]
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
