"""All connections of a proxy, and the faults that are in force for them."""

import socket
from selectors import EVENT_READ

from .closing import reset
from .door import Door
from .faults import Break, Condition, Direction, Ending, On, Rule, numbers
from .relay import Relay
from .selector_thread import SelectorThread
from .target import Target


class Switchboard:
    """What lives in the proxy's thread; every method is called there."""

    def __init__(
        self, thread: SelectorThread, door: Door, target: Target, limit: int
    ) -> None:
        self._thread = thread
        self._door = door
        self._target = target
        self._limit = limit
        self._newest = 0
        self._relays: dict[int, Relay] = {}
        self._rules: list[Rule] = []
        self._refusals = 0
        self._passed = dict.fromkeys(Direction.BOTH.members(), 0)
        self._open()

    @property
    def connections(self) -> tuple[int, ...]:
        """The numbers of the open connections, the oldest first."""
        return tuple(self._relays)

    def passed(self, direction: Direction) -> int:
        """Return how many bytes all connections ever have passed on."""
        return sum(
            self._passed[single]
            + sum(relay.passed(single) for relay in self._relays.values())
            for single in direction.members()
        )

    # Faults

    def enforce(self, fault: Condition | Break, direction: Direction, on: On) -> Rule:
        """Put a fault in force; return what `lift` wants."""
        rule = Rule(fault, direction, *numbers(on, self._newest))
        self._rules.append(rule)
        self._obey()
        return rule

    def lift(self, rule: Rule) -> None:
        """End a fault."""
        self._rules.remove(rule)
        self._obey()

    def end(self, ending: Ending, on: On) -> None:
        """Close connections."""
        for relay in self._meant(on):
            relay.end(ending)

    def half_close(self, direction: Direction, on: On) -> None:
        """End one direction of connections."""
        for relay in self._meant(on):
            relay.half_close(direction)

    def refuse(self) -> None:
        """Refuse new connections, until `admit` was called as often."""
        self._refusals += 1
        listener = self._door.listener
        if listener is not None:
            # Who came before is still served; the kernel would reset them.
            self._accept(listener)
            self._thread.forget(listener)
            self._door.shut()

    def admit(self) -> None:
        """Take back one `refuse`."""
        self._refusals -= 1
        if not self._refusals:
            self._open()

    def close(self) -> None:
        """Close everything."""
        if self._door.listener is not None:
            self._thread.forget(self._door.listener)
        self._door.close()
        for relay in self._meant(None):
            relay.end(Ending.CUT)

    def _obey(self) -> None:
        for relay in self._meant(None):
            relay.obey(self._rules)

    def _meant(self, on: On | None) -> list[Relay]:
        if on is None:
            return list(self._relays.values())
        first, last = numbers(on, self._newest)
        return [r for r in self._relays.values() if first <= r.number <= last]

    # Connections

    def _open(self) -> None:
        listener = self._door.open()
        self._thread.watch(listener, EVENT_READ, self._on_clients)

    def _on_clients(self, events: int) -> None:
        del events
        if self._door.listener is not None:
            self._accept(self._door.listener)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except BlockingIOError:
                return
            except ConnectionAbortedError:
                continue
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._newest += 1
        server = self._target.connect()
        if server is None:
            reset(client)
            return
        relay = Relay(
            self._thread,
            self._newest,
            client,
            server,
            limit=self._limit,
            on_closed=self._on_closed,
        )
        self._relays[relay.number] = relay
        relay.obey(self._rules)

    def _on_closed(self, relay: Relay) -> None:
        for direction in Direction.BOTH.members():
            self._passed[direction] += relay.passed(direction)
        del self._relays[relay.number]
