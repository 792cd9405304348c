"""Who is parked goes on as soon as it can, whoever else is waited for."""

from .houses import Oracle
from .player import Player
from .seat import Seat
from .test_rig import WHOLE


class Told(Seat):
    """A client that is answered when the test says so."""

    told = False

    @property
    def answered(self) -> bool:
        return self.told


def test_who_is_answered_while_another_is_waited_for_goes_on() -> None:
    first, second = (Told(left=1, expected=None, parked=True) for _ in range(2))

    class Reading(Player):
        def _wait(self, seat: Seat) -> bool:
            # All connections are read while one is waited for.
            first.told = first.told or seat is second
            return seat.answered

    player = Reading(Oracle("nowhere", 0), WHOLE)
    player._selector.close()
    player._seats = {0: first, 1: second}
    player._resume()
    assert not first.parked
    assert second.parked
