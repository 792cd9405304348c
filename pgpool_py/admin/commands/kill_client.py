"""KILL_CLIENT id: one client is closed, the console's own clients included.

The id is that of SHOW CLIENTS, or the ptr there, which is the same number.
"""

import re
from typing import Final

from pgpool_py import errors
from pgpool_py.pooler import orders
from pgpool_py.reasons import Reason

from .desk import Desk
from .refusals import client_not_found, invalid_client
from .result import Done

_ID: Final = re.compile("[0-9]+|0x[0-9a-f]+", re.IGNORECASE)


def run(desk: Desk, argument: str) -> Done:
    """Close the client of this id.

    Raises:
        ConsoleError: this is no id, or no client has it.
    """
    if _ID.fullmatch(argument) is None:
        raise invalid_client()
    hexadecimal = argument[:2].lower() == "0x"
    number = int(argument, 16 if hexadecimal else 10)
    if not (orders.kill_client(desk.pooler, number) or _kill_own(desk, number)):
        raise client_not_found()
    return Done("KILL_CLIENT")


def _kill_own(desk: Desk, number: int) -> bool:
    for visitor in desk.visitors.values():
        if visitor.identity.number == number:
            visitor.close(Reason.ADMIN_DISCONNECT, errors.admin_disconnect())
            return True
    return False
