"""What a configuration asks for that this version does not do yet.

Where doing without is less safe than what was asked for, that is a fault; all the
rest goes into one warning.
"""

from collections.abc import Iterator

from .connection_options import DATABASE_OPTIONS
from .faults import Fault, shown
from .ini import Entry
from .option import Effect, Option
from .options import OPTIONS
from .sections import DATABASES, Sections
from .values import Choice


def unsafe(sections: Sections) -> tuple[Fault, ...]:
    """Return a fault for each setting that must not be ignored."""
    return tuple(_unsafe_settings(sections))


def without_effect(sections: Sections) -> str | None:
    """Return one warning for all that has no effect yet, None if there is nothing."""
    names = [
        f"{name} ({_place(entry)})"
        for name, entry in sections.given.items()
        if sections.main[name] != OPTIONS[name].default
        and OPTIONS[name].effect_of(sections.main[name]) is Effect.LATER
    ]
    for (section, name), (entry, fields) in sections.lines.items():
        if section == DATABASES:
            names += [
                f"[{DATABASES}] {name} {key} ({_place(entry)})"
                for key, option in DATABASE_OPTIONS.items()
                if option.effect is Effect.LATER and option.field in fields
            ]
    return f"no effect yet: {', '.join(names)}" if names else None


def refusal(option: Option, value: object) -> str | None:
    """Return why this must not be asked for, None if it may."""
    if value != option.default and option.effect_of(value) is Effect.SECURITY:
        return _refusal(option, value)
    return None


def _unsafe_settings(sections: Sections) -> Iterator[Fault]:
    for name, entry in sections.given.items():
        refused = refusal(OPTIONS[name], sections.main[name])
        if refused is not None:
            yield entry.fault(refused)


def _refusal(option: Option, value: object) -> str:
    if isinstance(option.kind, Choice) and value in option.refused:
        given = shown(option.kind.show(value))
        usable = ", ".join(w for w in option.kind.words if w not in option.refused)
        return (
            f"{option.name}: {given} is not supported yet; use one of {usable} if "
            "that is safe enough"
        )
    return (
        f"{option.name}: is not supported yet, and starting without it would not be "
        "as safe; remove the line to do without"
    )


def _place(entry: Entry) -> str:
    # An environment variable stands in no line.
    return f"{entry.file}:{entry.line}" if entry.line else entry.file
