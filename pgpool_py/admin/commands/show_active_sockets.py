"""SHOW ACTIVE_SOCKETS: SHOW SOCKETS of those where something is on its way."""

from typing import Final

from . import show_sockets

COLUMNS: Final = show_sockets.COLUMNS

show = show_sockets.show_active
