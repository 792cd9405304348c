"""One connection through the proxy: two sockets and the two flows between them."""

import socket
import time
from collections.abc import Callable, Iterable
from selectors import EVENT_READ, EVENT_WRITE

from .closing import cut, reset
from .faults import Direction, Ending, Rule
from .flow import Flow
from .selector_thread import SelectorThread


class Relay:
    """Passes on between a client and the target, until both have said their last.

    Attributes:
        number: of the connection, counted from 1 in the order of arrival.
    """

    def __init__(
        self,
        thread: SelectorThread,
        number: int,
        client: socket.socket,
        server: socket.socket,
        *,
        limit: int,
        on_closed: Callable[["Relay"], None],
    ) -> None:
        self.number = number
        self._thread = thread
        self._client = client
        self._server = server
        self._on_closed = on_closed
        # The connection to the target may still be on its way.
        self._to_server = Flow(client, server, limit, blocked=True)
        self._to_client = Flow(server, client, limit)
        self._client_events = self._server_events = 0
        self._alarm: float | None = None
        self._closed = False
        self._watch()

    def passed(self, direction: Direction) -> int:
        """Return how many bytes were passed on."""
        return sum(flow.passed for flow in self._flows(direction))

    # Faults

    def obey(self, rules: Iterable[Rule]) -> None:
        """Be as these rules say; those for other connections are left out."""
        mine = [rule for rule in rules if rule.holds_for(self.number)]
        for direction in Direction.BOTH.members():
            (flow,) = self._flows(direction)
            flow.obey(rule for rule in mine if rule.direction & direction)
        self._go_on()

    def half_close(self, direction: Direction) -> None:
        """End a direction as if its source had."""
        for flow in self._flows(direction):
            flow.mute(time.monotonic())
        self._go_on()

    def end(self, ending: Ending) -> None:
        """Close both sides."""
        if self._closed:
            return
        self._closed = True
        for sock in (self._client, self._server):
            self._thread.forget(sock)
            if ending is Ending.RESET:
                reset(sock)
            else:
                cut(sock)
        self._on_closed(self)

    # Bytes

    def _on_client(self, events: int) -> None:
        self._on_events(events, self._to_server, self._to_client)

    def _on_server(self, events: int) -> None:
        self._on_events(events, self._to_client, self._to_server)

    def _on_events(self, events: int, outward: Flow, inward: Flow) -> None:
        if self._closed:
            return
        if events & EVENT_WRITE:
            inward.blocked = False
            self._write(inward, outward)
        if events & EVENT_READ and outward.wants_read and not self._closed:
            # Where a write has failed, the reason is told once, and that was it.
            at_end = Ending.RESET if inward.broken else Ending.FIN
            outward.read(time.monotonic(), at_end)
            self._write(outward, inward)
        self._watch()

    def _go_on(self) -> None:
        self._write(self._to_server, self._to_client)
        self._write(self._to_client, self._to_server)
        self._watch()

    def _write(self, flow: Flow, reverse: Flow) -> None:
        if self._closed:
            return
        ending = flow.write(time.monotonic())
        if flow.broken and reverse.ended:
            ending = Ending.RESET
        if ending is None and flow.shut and reverse.shut:
            ending = Ending.FIN
        if ending is not None:
            self.end(ending)

    def _watch(self) -> None:
        if self._closed:
            return
        there, back = self._to_server, self._to_client
        events = EVENT_READ * there.wants_read | EVENT_WRITE * back.wants_write
        if events != self._client_events:
            self._client_events = events
            self._thread.watch(self._client, events, self._on_client)
        events = EVENT_READ * back.wants_read | EVENT_WRITE * there.wants_write
        if events != self._server_events:
            self._server_events = events
            self._thread.watch(self._server, events, self._on_server)
        dues = [due for due in (there.due, back.due) if due is not None]
        if dues and (due := min(dues)) != self._alarm:
            self._alarm = due
            self._thread.call_at(due, self._on_due)

    def _on_due(self, when: float) -> None:
        # An alarm whose time was changed meanwhile is not for us any more.
        if when == self._alarm:
            self._alarm = None
            self._go_on()

    def _flows(self, direction: Direction) -> list[Flow]:
        flows = []
        if Direction.TO_SERVER & direction:
            flows.append(self._to_server)
        if Direction.TO_CLIENT & direction:
            flows.append(self._to_client)
        return flows
