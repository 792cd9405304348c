"""Environment variables ``PGPOOL_<SETTING>``: settings that stand over the file's.

The environment is passed in; nothing here looks at the process's own.
"""

from collections.abc import Mapping
from typing import Final

from .alone import MORE, USERLIST
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

SETTINGS: Final[Mapping[str, str]] = {f"{PREFIX}{n.upper()}": n for n in OPTIONS}


def override(
    sections: Sections, environment: Mapping[str, str], *, alone: bool = False
) -> None:
    """Put what the environment sets in place of the file's, faults and all.

    A fault names the variable in place of a file. Names that are no setting's get one
    warning, without values: Kubernetes sets such variables for a service whose name
    begins so, and others may hold a secret. ``alone`` says that there is no file.
    """
    for variable, setting in SETTINGS.items():
        value = environment.get(variable)
        if value is not None:
            _set(sections, Entry(variable, 0, MAIN, setting, value))
    known = SETTINGS.keys() | NOT_SETTINGS | (ALONE if alone else frozenset())
    unknown = sorted(
        name for name in environment if name.startswith(PREFIX) and name not in known
    )
    if unknown:
        sections.warnings.append(
            f"no setting has the name of these environment variables: "
            f"{', '.join(unknown)}"
        )


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Give an environment in which a pooler has the settings of its file alone."""
    return {name: v for name, v in environment.items() if name not in SETTINGS}


def _set(sections: Sections, entry: Entry) -> None:
    try:
        sections.main[entry.key] = OPTIONS[entry.key].kind.parse(entry.value)
    except ValueError as error:
        sections.faults.append(entry.fault(str(error)))
        return
    sections.given[entry.key] = entry
