"""Playing a conversation, the same way to PostgreSQL and to the pooler.

For two runs to be comparable, the replies to a client must depend on nothing but what
that client sends. So

- each client works on a table of its own, the same rows in it at the beginning of both
  runs, and nothing asks for what differs anyhow (process ids, times, table sizes);
- what a client sends is fixed beforehand, byte by byte. No turn depends on a reply;
- a client leaves nothing unanswered that would have a lasting effect, for nobody can
  say whether a server gets to it after its client is gone;
- what differs for a reason is put aside: the cancel key, the order of the parameters
  at login, and what was still on its way when a client left. For that the rule is
  that one of the two must be the beginning of the other.

The order in which the clients have their turns is fixed, too: the *schedule* is the
order of `Conversation.turns`. The schedule goes on

- behind an awaited turn when all replies that are to come are there. What is to come is
  known from what was sent and received (`outstanding`), never from a clock;
- behind any other turn at once, so that several clients are served at the same time,
  and one may send more before it is answered.

With fewer servers than clients, a client may wait for a server that another one holds
in a transaction, and that one may have its next turn only later in the schedule. So
nobody waits for a client that cannot be served: where as many others as there are
servers hold one, with everything answered and a transaction, a batch or a copy-in left
open, or something done that may pin it, the client is *parked*. Its turns queue up, in
their order, the schedule goes on without it, and as soon as a server is free it is
waited for and catches up. So the interleaving is that of the schedule as far as the
servers allow, and is the same at each run. A client leaves behind its last turn: so
whoever holds a server gives it back at last, and every conversation comes to its end.

If the pooler holds servers in other cases, or not in these (what pins may have failed,
or be over), a client is parked as well: after `DOUBT` seconds of silence if the house
says that it waits for a server, after `STALL` seconds in any case. This alone is a
matter of time; it changes who is served when, never what is to be said to whom. At the
end of the schedule a silence of `PATIENCE` seconds means that a reply is missing.

All connections are read at all times, whoever has the turn, so no write is ever stuck
because the other side cannot get rid of its replies.

Cuts: a write is cut into pieces, and between two of them the house is asked to `pause`
until it has read the first; an idle console connection of the pooler's tells. A tail
goes with the client's next turn, so that others come in between.
"""

import contextlib
import selectors
from collections.abc import Mapping

from pgwire.frontend import Terminate

from .channel import Channel
from .comparison import Mismatch
from .conversation import Conversation, Ending, Turn
from .houses import House
from .seat import Seat
from .streams import Transcript

#: Seconds of silence after which the house is asked whether a client waits.
DOUBT = 0.02
#: Seconds of silence after which a client is parked that should not have to wait.
STALL = 0.3
#: Seconds of silence after which what is missing will not come.
PATIENCE = 6.0


class Player:
    """Plays one conversation in one house, once."""

    def __init__(
        self,
        house: House,
        conversation: Conversation,
        expected: Mapping[int, Transcript] | None = None,
    ) -> None:
        self._house = house
        self._turns = conversation.turns
        self._selector = selectors.DefaultSelector()
        self._seats = {
            client: Seat(
                sum(turn.client == client for turn in conversation.turns),
                None if expected is None else expected[client],
            )
            for client in conversation.clients
        }
        self._by_socket: dict[object, Seat] = {}
        #: How many clients were parked because of a silence.
        self.stalls = 0

    def play(self) -> dict[int, Transcript]:
        """Return what was said to each client, up to the first surprise."""
        with contextlib.ExitStack() as stack:
            stack.callback(self._selector.close)
            stack.callback(self._close_all)
            with contextlib.suppress(Mismatch):
                self._play()
        return {client: seat.transcript for client, seat in self._seats.items()}

    def _play(self) -> None:
        for turn in self._turns:
            seat = self._seats[turn.client]
            if seat.parked:
                seat.queue.append(turn)
            elif not seat.gone:
                self._take(seat, turn)
            self._resume()
        while any(not seat.gone for seat in self._seats.values()):
            if not self._poll(PATIENCE):
                return
            self._resume()

    # Turns

    def _take(self, seat: Seat, turn: Turn) -> None:
        """Play one turn; park the client if it cannot be answered now."""
        channel = self._enter(seat)
        if (turn.ending or turn.crowded) and not self._wait(seat):
            # What it leaves unanswered might have been a write; and who has sent more
            # than one exchange shares no server.
            seat.queue.appendleft(turn)
            seat.parked = True
            return
        self._send(channel, turn)
        seat.left -= 1
        if turn.ending:
            self._end(seat, turn.ending)
        elif turn.awaited or not seat.left:
            if self._wait(seat):
                self._leave_if_done(seat)
            else:
                seat.parked = True

    def _enter(self, seat: Seat) -> Channel:
        if seat.channel is None:
            seat.channel = self._house.enter(seat.expected)
            seat.transcript = seat.channel.transcript
            self._by_socket[seat.channel.socket] = seat
            self._selector.register(seat.channel.socket, selectors.EVENT_READ)
        return seat.channel

    def _send(self, channel: Channel, turn: Turn) -> None:
        if turn.ending and turn.ending is not Ending.TERMINATE and not turn.messages:
            # What was cut stays so.
            return
        whole, messages = turn.data, turn.messages
        data = channel.release() + whole
        start = len(data) - len(whole)
        if turn.tail and messages:
            channel.hold_back(data[-turn.tail :], messages[-1])
            data, messages = data[: -turn.tail], messages[:-1]
        channel.note_sent(messages)
        if turn.ending is Ending.TERMINATE:
            data += Terminate().encode()
        position = 0
        for cut in turn.cuts:
            channel.send(data[position : start + cut])
            position = start + cut
            self._house.pause()
        channel.send(data[position:])

    # Waiting

    def _wait(self, seat: Seat) -> bool:
        """Wait for the replies to a client; return whether they are all there."""
        while not (seat.answered or seat.gone):
            if seat.stalled or self._is_blocked(seat):
                self._poll(0)
                break
            if not self._poll(DOUBT) and self._stalls(seat):
                seat.stalled = True
                break
        return seat.answered

    def _stalls(self, seat: Seat) -> bool:
        """Tell whether a client that is not answered now has to wait for others."""
        assert seat.channel is not None
        if self._house.keeps_waiting(seat.channel):
            return True
        if self._poll(STALL):
            return False
        self.stalls += 1
        return True

    def _is_blocked(self, seat: Seat) -> bool:
        """Tell whether all servers are held by clients who are to speak next."""
        if seat.in_transaction:
            return False
        others = [other for other in self._seats.values() if other is not seat]
        if seat.holds:
            # If it were pinned, not all servers could be others' for certain.
            holding = sum(other.in_transaction and other.answered for other in others)
        else:
            holding = sum(other.keeps for other in others)
        return holding >= self._house.servers

    def _resume(self) -> None:
        """Let those catch up who were parked and can be served now."""
        resumed = True
        while resumed:
            resumed = False
            for seat in self._seats.values():
                if seat.parked and not seat.gone and self._wait(seat):
                    resumed = True
                    self._catch_up(seat)
            # Waiting for one, the replies to one that was asked before are read.
            resumed = resumed or any(seat.may_resume for seat in self._seats.values())

    def _catch_up(self, seat: Seat) -> None:
        seat.parked = seat.stalled = False
        self._leave_if_done(seat)
        while seat.queue and not (seat.parked or seat.gone):
            self._take(seat, seat.queue.popleft())

    def _poll(self, seconds: float) -> bool:
        """Read and write what can be; return whether anything was done in time."""
        for seat in self._seats.values():
            if seat.writes_changed():
                assert seat.channel is not None
                wanted = selectors.EVENT_READ
                wanted |= selectors.EVENT_WRITE if seat.writes else 0
                self._selector.modify(seat.channel.socket, wanted)
        ready = self._selector.select(seconds)
        for key, events in ready:
            self._serve(self._by_socket[key.fileobj], events)
        return bool(ready)

    def _serve(self, seat: Seat, events: int) -> None:
        channel = seat.channel
        assert channel is not None
        if events & selectors.EVENT_WRITE:
            channel.on_writable()
        if events & selectors.EVENT_READ:
            channel.on_readable()
        if channel.at_end:
            seat.transcript.ended = not seat.leaving
            self._forget(seat)
            channel.close()

    # Ends

    def _leave_if_done(self, seat: Seat) -> None:
        if seat.left or seat.channel is None or seat.gone or seat.leaving:
            return
        seat.transcript.complete = seat.channel.outstanding.empty
        if seat.in_transaction:
            seat.transcript.hears_all = False
        if not self._hear_out(seat):
            return
        if self._house.leave(seat.channel):
            seat.leaving = True
        else:
            self._forget(seat)

    def _hear_out(self, seat: Seat) -> bool:
        """Wait for the notifications to come; return whether it is still there."""
        expected, heard = seat.expected, seat.transcript.notifications
        if expected is not None and expected.hears_all:
            while len(heard) < len(expected.notifications) and not seat.gone:
                if not self._poll(PATIENCE):
                    break
        return not seat.gone

    def _end(self, seat: Seat, ending: Ending) -> None:
        """Leave at once."""
        assert seat.channel is not None
        seat.transcript.hears_all = False
        if ending is Ending.TERMINATE:
            # PostgreSQL answers what came before, then ends the connection; but what
            # nothing flushes may come or not.
            seat.transcript.complete = seat.channel.outstanding.flushed
            seat.leaving = True
            return
        self._forget(seat)
        if ending is Ending.RESET:
            seat.channel.reset()
        else:
            seat.channel.close()

    def _forget(self, seat: Seat) -> None:
        assert seat.channel is not None
        seat.gone = True
        self._selector.unregister(seat.channel.socket)

    def _close_all(self) -> None:
        for seat in self._seats.values():
            if seat.channel is not None and not seat.gone:
                self._forget(seat)
                seat.channel.close()
