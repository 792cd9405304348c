"""SHOW CONFIG: every setting, PgBouncer's first and then ours."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pgpool_py.config.option import Option
from pgpool_py.config.options import OPTIONS
from pgpool_py.config.setting import SECRET
from pgpool_py.settings import Settings

from .desk import Desk
from .result import Rows, Value, text

COLUMNS: Final = text("key", "value", "default", "changeable")

# Defaults that PgBouncer shows otherwise than it shows the value.
_DEFAULTS: Final[Mapping[str, str | None]] = MappingProxyType(
    {"conffile": None, "unix_socket_mode": "0777", "verbose": None}
)
_HIDDEN: Final = "********"


def show(desk: Desk) -> Rows:
    """Give the rows by name, as in PgBouncer; times are seconds."""
    options = sorted(OPTIONS.values(), key=lambda option: (option.ours, option.name))
    settings = desk.pooler.settings
    return Rows(tuple(_row(option, settings) for option in options))


def _row(option: Option, settings: Settings) -> tuple[Value, ...]:
    value = option.kind.show(getattr(settings, option.name))
    if value is not None and option.name in SECRET:
        value = _HIDDEN
    default = _DEFAULTS.get(option.name, option.kind.show(option.default))
    return option.name, value, default, "yes" if option.reloadable else "no"
