"""SHOW VERSION."""

from typing import Final

from .desk import Desk
from .result import Rows, text
from .version import SHOWN_VERSION

COLUMNS: Final = text("version")


def show(desk: Desk) -> Rows:  # noqa: ARG001 - all commands are called alike
    """Give the version of the PgBouncer whose interface this is."""
    return Rows(((SHOWN_VERSION,),))
