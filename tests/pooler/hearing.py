"""Clients that listen, in front of a scripted PostgreSQL."""

from dataclasses import dataclass, field

from pgpool_py.errors import PoolerError
from pgpool_py.listen.subscription import Subscription
from pgpool_py.pooler.pool import Pool
from pgwire.backend import NotificationResponse
from tests.fixtures.hand import Wire
from tests.fixtures.messages import READY, complete, query
from tests.pooler.postgres import Bench


@dataclass(eq=False)
class Ears:
    """A client that is at rest, and takes all that it is told."""

    pool: Pool
    encoding: str = ""
    at_rest: bool = True
    backlog: int = 0
    told: list[bytes] = field(default_factory=list)
    answers: list[PoolerError | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        notifications = self.pool.notifications
        self.subscription: Subscription = notifications.subscribe(self, self.encoding)

    def tell(self, message: bytes) -> None:
        self.told.append(message)

    def on_kept(self) -> None:
        pass

    def on_overflow(self, error: PoolerError) -> None:
        raise AssertionError(error)

    def ask(self, *names: bytes) -> "Ears":
        """Send LISTEN, as soon as the pooler lets it."""
        self.subscription.listen(names, self.answers.append)
        return self

    def commit(self) -> "Ears":
        """End the transaction in which all was said so far."""
        self.subscription.settle(set(self.subscription.tentative), last_mark=0)
        return self


def said(*names: bytes) -> bytes:
    """Make the query in which the server is told to listen to these channels."""
    return query("; ".join(f'LISTEN "{name.decode()}"' for name in names))


def listening(names: int = 1) -> bytes:
    """Make the answer to it."""
    return complete("LISTEN") * names + READY


def sent(channel: bytes = b"a", payload: bytes = b"", pid: int = 9) -> bytes:
    return NotificationResponse(pid, channel, payload).encode()


def hear(bench: Bench, *names: bytes) -> tuple[Ears, Wire]:
    """Return a client that listens to these channels, and the server that does."""
    ears = Ears(bench.pool).ask(*names)
    wire = bench.log_in(bench.postgres.accept())
    assert wire.received() == said(*names)
    bench.answer(wire, listening(len(names)))
    assert ears.answers == [None]
    return ears.commit(), wire
