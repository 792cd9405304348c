"""One setting changed while the pooler runs: the console's SET.

What a line of the file would be refused for, is refused here too.
"""

from dataclasses import fields, replace

from pgpool_py.settings import Settings

from .effects import refusal
from .faults import shown
from .option import Effect, Option
from .options import OPTIONS
from .sections import Values
from .values import did_you_mean

# What is kept out of their repr is not shown elsewhere.
SECRET = frozenset(field.name for field in fields(Settings) if not field.repr)


class SettingError(Exception):
    """A change that is refused; the text says why, ``hint`` what to do instead."""

    def __init__(self, text: str, hint: str | None = None) -> None:
        super().__init__(text)
        self.hint = hint


def changed(settings: Settings, name: str, text: str) -> Settings:
    """Return ``settings`` with one setting, ``name`` in lower case, as ``text`` says.

    Raises SettingError: there is none of that name, it is read at the start only, or
    the value cannot be taken.
    """
    option = OPTIONS.get(name)
    if option is None:
        suggestion = did_you_mean(name, OPTIONS)
        raise SettingError(f"unknown setting {shown(name)}{suggestion}")
    if not option.reloadable:
        raise SettingError(
            f"{name} cannot change without a restart",
            "Change it in the configuration file and restart.",
        )
    try:
        values: Values = {name: option.kind.parse(text)}
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None
    refused = refusal(option, values[name])
    if refused is not None:
        raise SettingError(refused)
    return replace(settings, **values)


def has_no_effect(settings: Settings, option: Option) -> bool:
    """Return whether the value in force asks for what this version does not do."""
    value = getattr(settings, option.name)
    return value != option.default and option.effect_of(value) is Effect.LATER
