"""Small stand-ins that write down what they were asked."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pgpool_py.net.poller import Poller


def nothing() -> None:
    """Do nothing."""


class SpyPoller:
    """A poller that tells how it was asked, and what it answered."""

    def __init__(self, real: Poller) -> None:
        self._real = real
        self.timeouts: list[float | None] = []
        self.answers: list[list[tuple[int, int]]] = []
        self.on_poll: Callable[[], None] = nothing
        # Reported once in place of what the real one says, if not empty.
        self.next_answer: list[tuple[int, int]] = []

    def add(self, fd: int, interest: int) -> None:
        self._real.add(fd, interest)

    def change(self, fd: int, interest: int) -> None:
        self._real.change(fd, interest)

    def remove(self, fd: int) -> None:
        self._real.remove(fd)

    def poll(self, timeout: float | None, most: int) -> list[tuple[int, int]]:
        self.on_poll()
        self.timeouts.append(timeout)
        answer, self.next_answer = self.next_answer, []
        answer = answer or self._real.poll(timeout, most)
        self.answers.append(answer)
        return answer

    def fileno(self) -> int:
        return self._real.fileno()

    def close(self) -> None:
        self._real.close()


@dataclass
class FakeChannel:
    """A channel, and a flushable, whose callbacks the test gives."""

    readable: Callable[[], None] = nothing
    writable: Callable[[], None] = nothing
    flushing: Callable[[], None] = nothing
    failing: Callable[[], None] = nothing
    calls: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def on_readable(self) -> None:
        self.calls.append("readable")
        self.readable()

    def on_writable(self) -> None:
        self.calls.append("writable")
        self.writable()

    def flush(self) -> None:
        self.calls.append("flush")
        self.flushing()

    def on_fault(self, error: Exception) -> None:
        self.faults.append(error)
        self.failing()


@dataclass
class FakeHandler:
    """A stream's user whose callbacks the test gives."""

    readable: Callable[[], None] = nothing
    drained: Callable[[], None] = nothing
    calls: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def on_readable(self) -> None:
        self.calls.append("readable")
        self.readable()

    def on_drained(self) -> None:
        self.calls.append("drained")
        self.drained()

    def on_fault(self, error: Exception) -> None:
        self.faults.append(error)
