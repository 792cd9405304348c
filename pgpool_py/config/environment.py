"""Environment variables ``PGPOOL_<SETTING>``: settings that stand over the file's.

The environment is passed in; nothing here looks at the process's own.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from .alone import MORE, USERLIST
from .faults import Fault, shown
from .ini import Entry
from .options import OPTIONS
from .sections import MAIN, Sections

PREFIX: Final = "PGPOOL_"

# What this project's own programs, tests and benchmarks are told by.
NOT_SETTINGS: Final = frozenset(
    {"PGPOOL_BENCH_CACHE", "PGPOOL_POSTGRES_BIN", "PGPOOL_TEST_RUN"}
)

# What stands in place of a file, and is without effect beside one.
ALONE: Final = frozenset({MORE, USERLIST})

# Above it a name is a slip: listen_address and listen_addr have 0.88. An environment is
# everybody's, so what is less alike may well be meant for somebody else.
_ALIKE: Final = 0.85

# Where Kubernetes tells every pod of a service's port: a service pgpool-listens makes
# PGPOOL_LISTENS_PORT, and is not to keep poolers from starting.
_SERVICE_LINK: Final = re.compile(r"(?:tcp|udp|sctp)://")

SETTINGS: Final[Mapping[str, str]] = {f"{PREFIX}{n.upper()}": n for n in OPTIONS}


def override(
    sections: Sections, environment: Mapping[str, str], *, alone: bool = False
) -> None:
    """Put what the environment sets in place of the file's, faults and all.

    A fault names the variable in place of a file. So does one for a name that is a
    slip of a setting's. Other names that are no setting's get one warning, without
    values: Kubernetes sets such variables for a service whose name begins so, and
    others may hold a secret. ``alone`` says that there is no file.
    """
    for variable, setting in SETTINGS.items():
        value = environment.get(variable)
        if value is not None:
            _set(sections, Entry(variable, 0, MAIN, setting, value))
    taken = SETTINGS.keys() | (ALONE if alone else frozenset())
    known = taken | NOT_SETTINGS
    unknown = sorted(
        name for name in environment if name.startswith(PREFIX) and name not in known
    )
    slips = {
        name: meant
        for name in unknown
        if not _SERVICE_LINK.match(environment[name])
        and (meant := _meant(name, taken)) is not None
    }
    sections.faults += [
        Fault(name, 0, f"unknown setting (did you mean {shown(meant)}?)")
        for name, meant in slips.items()
    ]
    others = [name for name in unknown if name not in slips]
    if others:
        sections.warnings.append(
            f"no setting has the name of these environment variables: "
            f"{', '.join(others)}"
        )


def _meant(name: str, taken: Iterable[str]) -> str | None:
    """Give the variable that a name is a slip of."""
    # What all of them begin with would make short names alike.
    known = [variable.removeprefix(PREFIX) for variable in taken]
    close = difflib.get_close_matches(name.removeprefix(PREFIX), known, 1, _ALIKE)
    return f"{PREFIX}{close[0]}" if close else None


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which a pooler has the settings of its file alone."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(PREFIX) or name in NOT_SETTINGS
    }


def _set(sections: Sections, entry: Entry) -> None:
    try:
        sections.main[entry.key] = OPTIONS[entry.key].kind.parse(entry.value)
    except ValueError as error:
        sections.faults.append(entry.fault(str(error)))
        return
    sections.given[entry.key] = entry
