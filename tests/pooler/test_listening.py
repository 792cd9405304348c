"""Listening: what becomes of it when descriptors run out, and when they are back."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from pgpool_py.net.address import unix_socket_path
from pgpool_py.net.reactor import Reactor
from pgpool_py.pooler.listening import Listening
from pgpool_py.settings import Settings
from tests.fixtures.hand import turn
from tests.pooler.house import no_descriptors_left


@dataclass(eq=False)
class Ears:
    """What listens on one socket, who was accepted there, and who knocks."""

    reactor: Reactor
    listening: Listening
    accepted: list[socket.socket]
    knock: Callable[[], None]

    def exhaust(self) -> None:
        """Let somebody come while there is no descriptor for them."""
        self.knock()
        with no_descriptors_left():
            turn(self.reactor)

    def resume(self) -> None:
        """Do what is done from time to time."""
        self.listening.resume()
        turn(self.reactor)


@pytest.fixture(params=["unix", "tcp"])
def ears(
    request: pytest.FixtureRequest, reactor: Reactor, tmp_path: Path
) -> Iterator[Ears]:
    unix = request.param == "unix"
    with ExitStack() as stack:
        accepted: list[socket.socket] = []
        listening = Listening(reactor, accepted.append)
        listening.open(
            Settings(
                listen_addr=() if unix else ("127.0.0.1",),
                # Port 0: the kernel finds one that is free.
                listen_port=6432 if unix else 0,
                unix_socket_dir=str(tmp_path) if unix else "",
            )
        )
        (address,) = listening.addresses

        def knock() -> None:
            family = socket.AF_UNIX if unix else socket.AF_INET
            client = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            if unix:
                client.connect(unix_socket_path(str(tmp_path), 6432))
            else:
                client.connect(("127.0.0.1", int(address.rpartition(":")[2])))

        yield Ears(reactor, listening, accepted, knock)
        listening.close()
        for sock in accepted:
            sock.close()


def test_who_came_while_descriptors_were_out_is_accepted_later(ears: Ears) -> None:
    ears.exhaust()
    assert ears.accepted == []
    ears.resume()
    assert len(ears.accepted) == 1


def test_an_exhaustion_is_reported_once_while_it_lasts_and_again_when_it_is_back(
    ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    ears.knock()
    with no_descriptors_left():
        turn(ears.reactor)
        for _ in range(3):
            ears.resume()
    assert len(caplog.messages) == 1
    assert "cannot accept more clients" in caplog.text
    # All goes well, as seen by two rounds.
    ears.resume()
    ears.resume()
    assert len(ears.accepted) == 1
    ears.exhaust()
    assert len(caplog.messages) == 2
