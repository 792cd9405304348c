"""Errands that bring a server back to a state that is known."""

import secrets
from typing import Final

from pgwire.draining import drain_requests, resynchronising_requests
from pgwire.exchange import QUERY
from pgwire.frontend import Query

from .connection import ServerConnection
from .errand import Errand

_ROLLBACK: Final = Query(b"ROLLBACK").encode()


def drain(server: ServerConnection, errand: Errand[ServerConnection]) -> None:
    """End anything that a vanished owner had begun."""
    nonce = secrets.token_hex(16).encode()
    server.ledger.drain(nonce)
    server.begin(errand, drain_requests(nonce))


def resynchronise(server: ServerConnection, errand: Errand[ServerConnection]) -> None:
    """Find out what is owed, where the ledger is uncertain."""
    ledger = server.ledger
    nonce = secrets.token_hex(16).encode()
    data = resynchronising_requests(nonce, ledger.status, at_ready=ledger.at_ready)
    ledger.resynchronise(nonce)
    server.begin(errand, data)


def roll_back(server: ServerConnection, errand: Errand[ServerConnection]) -> None:
    """End the transaction of an owner who stays; all it sent is answered."""
    server.run(errand, _ROLLBACK, QUERY)
