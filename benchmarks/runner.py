"""Run a case on all targets, one after the other, round after round."""

import contextlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from . import distance, ours, targets
from .case import Case
from .contest import DIRECT
from .endpoint import Endpoint
from .errors import BenchmarkError
from .measures import Bench
from .pgbench import Pgbench
from .postgres import Server
from .sample import Metric, Sample
from .targets import Program, Target

WARM_UP = 3.0

Opener = Callable[[], AbstractContextManager[Target]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How long one run lasts in seconds, and how many rounds there are.

    `asked`: so many rounds were asked for, and are made even if fewer are enough.
    """

    seconds: float
    runs: int
    asked: bool = False

    def rounds(self, case: Case) -> int:
        """Return how many rounds a case has."""
        enough = None if self.asked else case.enough
        return min(self.runs, enough or self.runs)


@dataclass(slots=True)
class Result:
    """The samples of one case by target, and why a target has none."""

    case: Case
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def values(self, target: str, metric: Metric) -> list[float]:
        """Return what `target` showed of `metric`, round by round."""
        return [
            sample[metric]
            for sample in self.samples.get(target, [])
            if metric in sample
        ]

    def fail(self, target: str, reason: Exception) -> None:
        """Take `target` out of this case: half its rounds could not be compared."""
        self.samples.pop(target, None)
        self.failures[target] = str(reason) or type(reason).__name__


class Runner:
    """One PostgreSQL, the poolers to put in front of it, and the plan."""

    def __init__(
        self, server: Server, program: Pgbench, poolers: list[Program], plan: Plan
    ) -> None:
        self._server = server
        self._pgbench = program
        self._poolers = poolers
        self._plan = plan

    def run(self, case: Case) -> Result:
        """Run one case: each target in its turn, and again.

        A target that fails is left out from then on, with the reason in the result.
        """
        result = Result(case)
        runs = self._plan.rounds(case)
        with contextlib.ExitStack() as stack:
            try:
                endpoint = stack.enter_context(self._way(case))
            except (BenchmarkError, OSError) as error:
                for name in case.contest.targets:
                    result.fail(name, error)
                return result
            openers = self._openers(case, endpoint)
            if not case.fresh:
                openers = self._warm(case, openers, stack, result)
            for number in range(runs):
                for name, opener in openers.items():
                    if name not in result.failures:
                        say(f"{case.name}: run {number + 1} of {runs}, {name}")
                        self._measure(case, name, opener, self._plan.seconds, result)
        return result

    def _way(self, case: Case) -> AbstractContextManager[Endpoint]:
        scram = case.config.auth_type == "scram-sha-256"
        endpoint = self._server.scram if scram else self._server.trust
        if not case.round_trip:
            return contextlib.nullcontext(endpoint)
        return distance.far(endpoint, case.round_trip)

    def _openers(self, case: Case, endpoint: Endpoint) -> dict[str, Opener]:
        openers: dict[str, Opener] = {}
        if case.direct:
            direct = Target(DIRECT, endpoint, None)
            openers[DIRECT] = already(direct)
        for program in self._entrants(case):
            openers[program.name] = partial(
                targets.running, program, case.config, endpoint
            )
        return openers

    def _entrants(self, case: Case) -> list[Program]:
        if not case.contest.told:
            return self._poolers
        return [
            ours.told(program, name, settings)
            for program in self._poolers
            if program.name == ours.NAME
            for name, settings in case.contest.told.items()
        ]

    def _warm(
        self,
        case: Case,
        openers: dict[str, Opener],
        stack: contextlib.ExitStack,
        result: Result,
    ) -> dict[str, Opener]:
        """Start every target and run it for a second; that run does not count."""
        started: dict[str, Opener] = {}
        for name, opener in openers.items():
            say(f"{case.name}: warming up {name}")
            try:
                target = stack.enter_context(opener())
            except (BenchmarkError, OSError) as error:
                result.fail(name, error)
                continue
            started[name] = already(target)
            self._measure(case, name, started[name], WARM_UP, result)
        result.samples.clear()
        return started

    def _measure(
        self, case: Case, name: str, opener: Opener, seconds: float, result: Result
    ) -> None:
        program = Pgbench(self._pgbench.program, seconds)
        bench = Bench(program, seconds, self._server.trust)
        try:
            with opener() as target:
                sample = case.measure(bench, target)
        except (BenchmarkError, OSError) as error:
            result.fail(name, error)
        else:
            result.samples.setdefault(name, []).append(sample)


def already(target: Target) -> Opener:
    """Return an opener for a target that runs and shall stay."""

    def opener() -> AbstractContextManager[Target]:
        return contextlib.nullcontext(target)

    return opener


def say(line: str) -> None:
    """Tell the person who waits what runs now; reports go to standard output."""
    print(line, file=sys.stderr, flush=True)
