"""SET key = value: one setting is changed, until the next RELOAD."""

from pgpool_py.config.options import OPTIONS
from pgpool_py.config.setting import SettingError, has_no_effect

from .desk import Desk
from .refusals import set_failed
from .result import Done, Notice


def run(desk: Desk, key: str, value: str) -> Done:
    """Change a setting.

    Raises:
        ConsoleError: there is none of that name, it is read at the start only, or the
            value cannot be taken.
    """
    name = key.lower()
    try:
        desk.change(name, value)
    except SettingError as error:
        raise set_failed(str(error), error.hint) from None
    idle = has_no_effect(desk.pooler.settings, OPTIONS[name])
    notice = Notice(f"{name} has no effect in this version") if idle else None
    return Done(f"SET {key}={value}", notice)
