"""A thousand cancel requests over two servers: whoever sent none sees none."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import pytest

from pgwire.frontend import Query
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.wire import Message, Wire, extended, kinds, log_in

VICTIMS = 4
BYSTANDERS = 4
#: Cancel requests of each victim.
ROUNDS = 250
#: Every so many rounds a victim sends a query that only a cancel ends.
CERTAIN = 25

_SEED = 20
# Seconds after which a cancel request is sent again; the first does, as a rule.
_AGAIN = 0.25


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return start_pooler(
        pool_mode="transaction", default_pool_size=2, max_client_conn=1000
    )


def tagged(tag: str, seconds: float, then: str = "", *, simple: bool) -> bytes:
    """Return an exchange whose answer nobody else can get."""
    sql = f"SELECT '{tag}' FROM pg_sleep({seconds:.4f}){then}"
    return Query(sql.encode()).encode() if simple else extended(sql)


def is_answered(replies: list[Message], tag: str) -> bool:
    """Whether this is the answer; if not, it is a cancelled query and no more."""
    shape = kinds(replies).lstrip("12T")
    if shape in {"DCZ", "DCCZ"}:
        # Int16 one column, Int32 length, the tag
        row = next(reply.body for reply in replies if reply.kind == "D")
        assert row == b"\0\1" + len(tag).to_bytes(4, "big") + tag.encode()
        return True
    # A cancel may come between two statements of a Query as well.
    assert shape in {"EZ", "DEZ", "DCEZ"}, replies
    assert replies[-2].error.sqlstate == "57014", replies
    return False


@dataclass
class Bystander:
    """Asks, in and out of transactions, until it is told to stop; cancels nothing."""

    wire: Wire
    name: str
    stop: threading.Event
    answered: int = 0

    def run(self) -> int:
        """Return how many answers there were, all of them right."""
        while not self.stop.is_set():
            if self.answered % 5 == 4:
                assert kinds(self.wire.query("BEGIN")) == "CZ"
                self._ask()
                self._ask()
                replies = self.wire.query("COMMIT")
                assert replies[0].body == b"COMMIT\0", replies
            self._ask()
        return self.answered

    def _ask(self) -> None:
        tag = f"{self.name}-{self.answered}"
        self.wire.send(tagged(tag, 0.001, simple=self.answered % 2 == 0))
        assert is_answered(self.wire.until_ready(), tag), tag
        self.answered += 1


@dataclass
class Victim:
    """Cancels its own queries: in time, late, twice, and when it runs none."""

    pooler: PoolerProcess
    wire: Wire
    name: str
    chance: random.Random
    cancels: int = 0
    certain: int = 0
    hit: int = 0

    def run(self) -> int:
        """Return how many of its queries were cancelled."""
        while self.cancels < ROUNDS:
            if self.cancels >= self.certain:
                self.certain += CERTAIN
                self._end_what_would_go_on()
            else:
                self.chance.choice(self._WAYS)(self)
        return self.hit

    def _cancel(self) -> None:
        """Return when the pooler has taken the request."""
        with Wire(self.pooler.host, self.pooler.port) as other:
            other.send(self.wire.cancel_request)
            assert other.rest() == []
        self.cancels += 1

    def _send(self, seconds: float, then: str = "") -> str:
        tag = f"{self.name}-{self.cancels}"
        simple = bool(then) or self.chance.random() < 0.5
        self.wire.send(tagged(tag, seconds, then, simple=simple))
        return tag

    def _race_to_the_server(self) -> None:
        # Others have the servers: as a rule the query waits when it is cancelled.
        self._race()

    def _race_at_the_server(self) -> None:
        self._take_a_server()
        # The server is free for others when the cancel is on its way.
        self._race("; COMMIT")

    def _race_in_pairs(self) -> None:
        self._take_a_server()
        self._race("; COMMIT", requests=2)

    def _race(self, then: str = "", requests: int = 1) -> None:
        # PostgreSQL forks for a CancelRequest, which takes about as long.
        tag = self._send(self.chance.random() * 0.005, then)
        for _ in range(requests):
            self._cancel()
        replies = self.wire.until_ready()
        self.hit += not is_answered(replies, tag)
        if replies[-1].body == b"E":
            self._roll_back()

    def _take_a_server(self) -> None:
        assert kinds(self.wire.query("BEGIN")) == "CZ"

    def _roll_back(self) -> None:
        replies = self.wire.query("ROLLBACK")
        assert (replies[0].body, replies[-1].body) == (b"ROLLBACK\0", b"I"), replies

    def _be_late(self) -> None:
        # What is taken while the client has nothing to cancel is without effect.
        self._cancel()
        tag = self._send(0.001)
        assert is_answered(self.wire.until_ready(), tag), tag

    def _end_what_would_go_on(self) -> None:
        self._take_a_server()
        tag = self._send(60)
        replies: list[Message] = []
        while not replies:
            self._cancel()
            if self.wire.has_input(_AGAIN):
                replies = self.wire.until_ready()
        assert not is_answered(replies, tag), tag
        self.hit += 1
        self._roll_back()

    _WAYS: ClassVar[tuple[Callable[["Victim"], object], ...]] = (
        _race_to_the_server,
        _race_at_the_server,
        _race_in_pairs,
        _be_late,
    )


def test_in_a_storm_of_cancels_nobody_else_is_hit(pooler: PoolerProcess) -> None:
    stop = threading.Event()
    victims = [
        Victim(pooler, log_in(pooler), f"victim {i}", random.Random(_SEED + i))
        for i in range(VICTIMS)
    ]
    bystanders = [
        Bystander(log_in(pooler), f"bystander {i}", stop) for i in range(BYSTANDERS)
    ]
    with ThreadPoolExecutor(VICTIMS + BYSTANDERS) as threads:
        watched: list[Future[int]] = [threads.submit(b.run) for b in bystanders]
        try:
            hits = [threads.submit(victim.run) for victim in victims]
            hit = sum(future.result() for future in hits)
        finally:
            stop.set()
        assert all(future.result() > 0 for future in watched)
    assert hit >= VICTIMS * ROUNDS // CERTAIN
    assert sum(victim.cancels for victim in victims) >= VICTIMS * ROUNDS
    # No server was given up for it.
    assert pooler.log.count("new connection to server") <= 2
    wires = [victim.wire for victim in victims] + [other.wire for other in bystanders]
    for wire in wires:
        assert wire.value("SELECT 1") == "1"
