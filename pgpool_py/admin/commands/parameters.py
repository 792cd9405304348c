"""SHOW and SET of what drivers ask any server for: fixed values, changes ignored."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from .result import Done, Notice, Rows

VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "client_encoding": "UTF-8",
        "default_transaction_isolation": "read committed",
        "standard_conforming_strings": "on",
        "datestyle": "ISO",
        "timezone": "GMT",
    }
)


def show(name: str) -> Rows:
    """Give the value of a parameter, ``name`` in lower case."""
    return Rows(((VALUES[name],),))


def ignore() -> Done:
    """Take a SET, and do nothing."""
    return Done("SET", Notice("SET ignored"))
