"""Who looks at a pooler, from its start to its end."""

from collections.abc import Callable
from dataclasses import replace

from pgpool_py import __version__
from pgpool_py.insight.condition import State
from pgpool_py.insight.observer import Observer
from pgpool_py.pooler.reachability import UNKNOWN
from tests.pooler.house import House
from tests.pooler.staging import Stage


def test_a_pooler_is_never_seen_while_it_starts(stage: Stage) -> None:
    # Nobody is answered before the loop turns, and then it has started.
    assert Observer(stage.pooler).condition().state is State.READY


def test_readiness_depends_on_servers_where_that_is_asked_for(
    build: Callable[..., House],
) -> None:
    observer = Observer(build(readiness_needs_server=True).pooler)
    observer.begin()
    condition = observer.condition()
    assert (condition.state, condition.why_not) == (State.READY, UNKNOWN)


def test_a_snapshot_tells_of_the_process(stage: Stage) -> None:
    observer = Observer(stage.pooler)
    observer.begin()
    stage.client(stage.pool())
    stage.tick()
    observer.reloads.failed()
    stage.pooler.context.tallies.client_errors.note("28P01")
    taken = observer.snapshot()
    process = taken.process
    assert process.version == __version__
    assert (process.clients, process.max_clients) == (1, 100)
    assert process.started <= taken.taken
    assert process.lag.count == 1
    assert not process.reloaded.ok
    assert dict(process.nobodys.client_errors) == {"28P01": 1}


def test_a_pooler_has_started_once(stage: Stage) -> None:
    # Who compares two snapshots takes another start for another process.
    observer = Observer(stage.pooler)
    starts = {observer.snapshot().process.started for _ in range(100)}
    assert len(starts) == 1


def test_what_was_taken_does_not_change(stage: Stage) -> None:
    observer = Observer(stage.pooler)
    before = observer.snapshot()
    copy = replace(before)
    stage.client(stage.pool())
    stage.pooler.context.tallies.client_errors.note("28P01")
    assert before == copy
    assert observer.snapshot() != before
