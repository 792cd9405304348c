"""The columns by which SHOW PINS and SHOW LEAKS tell which client is meant."""

from typing import Final

from pgpool_py.pooler.named_client import NamedClient

from .result import Value, int4, int8, text

NAMES: Final = (
    *text("database", "user"),
    *int8("client"),
    *text("addr"),
    *int4("port"),
    *text("application_name"),
)


def names(view: NamedClient) -> tuple[Value, ...]:
    """Give the values of these columns."""
    return (
        view.database,
        view.user,
        view.number,
        view.address,
        view.port,
        view.application_name,
    )
