"""The floors of the house, and what breaks its rules of importing."""

import sys
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from .source import Import, Source

#: Each room of the house and its floor. A room is a module or a package with all
#: that is in it. Imports point down only, and rooms of one floor do not import each
#: other; `embedded` stands one floor below `testing` and `demo`, which use it.
FLOORS: Mapping[str, int] = {
    "pgwire": 0,
    "pgpool_py": 0,
    "pgpool_py.wording": 0,
    "pgpool_py.errors": 1,
    "pgpool_py.events": 1,
    "pgpool_py.log": 1,
    "pgpool_py.reasons": 1,
    "pgpool_py.settings": 1,
    "pgpool_py.statistics": 1,
    "pgpool_py.net": 2,
    "pgpool_py.auth": 3,
    "pgpool_py.sql": 3,
    "pgpool_py.pool": 4,
    "pgpool_py.server": 4,
    "pgpool_py.listen": 5,
    "pgpool_py.client": 6,
    "pgpool_py.pooler": 7,
    "pgpool_py.config": 8,
    "pgpool_py.insight": 8,
    "pgpool_py.admin": 9,
    "pgpool_py.metrics": 9,
    "pgpool_py.process": 10,
    "pgpool_py.web": 10,
    "pgpool_py.embedded": 11,
    "pgpool_py.service": 11,
    "pgpool_py.demo": 12,
    "pgpool_py.testing": 12,
    "pgpool_py.top": 12,
    "pgpool_py.cli": 13,
    "pgpool_py.__main__": 14,
}

#: What each extra of pyproject.toml brings, and the rooms that may ask for it. All
#: else runs on the standard library alone.
EXTRAS: Mapping[str, frozenset[str]] = {
    "pgpool_py.demo": frozenset({"psycopg"}),
    "pgpool_py.metrics": frozenset({"prometheus_client"}),
    "pgpool_py.sql": frozenset({"pglast"}),
    "pgpool_py.testing": frozenset({"psycopg", "pytest"}),
    "pgpool_py.top": frozenset({"psycopg", "rich"}),
}

_OURS = {"pgpool_py", "pgwire"}


def room_of(module: str) -> str:
    """Return the room that a module of ours stands in."""
    first, *rest = module.split(".")
    return first if first == "pgwire" or not rest else f"{first}.{rest[0]}"


def is_ours(module: str) -> bool:
    """Say whether a module stands in the house at all."""
    return module.partition(".")[0] in _OURS


def target_of(imported: Import, modules: frozenset[str]) -> str:
    """Return the module meant: what is taken by name may be one itself."""
    longer = f"{imported.target}.{imported.name}"
    return longer if longer in modules else imported.target


def faults(sources: Iterable[Source]) -> list[str]:
    """Return every breach of the floors' rules, as "module:line: what"."""
    sources = list(sources)
    modules = frozenset(source.name for source in sources)
    found = []
    for source in sources:
        room = room_of(source.name)
        if room not in FLOORS:
            found.append(f"{source.name}:1: the room {room} has no floor")
            continue
        for imported in source.imports:
            fault = _fault(room, imported, modules)
            if fault:
                found.append(f"{source.name}:{imported.line}: {fault}")
    return found


def _fault(room: str, imported: Import, modules: frozenset[str]) -> str | None:
    target = target_of(imported, modules)
    if not is_ours(target):
        top = target.partition(".")[0]
        allowed = top in sys.stdlib_module_names or top in EXTRAS.get(room, ())
        return None if allowed else f"{top} is not of the standard library"
    other = room_of(target)
    if other == room:
        return None if imported.relative else f"{target} is in the same room: use a dot"
    if imported.relative:
        return f"{target} is in another room: name it in full"
    if other not in FLOORS:
        return f"the room {other} has no floor"
    if FLOORS[other] >= FLOORS[room]:
        return f"{target} is not below: {FLOORS[room]} imports {FLOORS[other]}"
    return None


def cycle(sources: Iterable[Source]) -> list[str]:
    """Return the modules of one circle of imports; an empty list if there is none."""
    sources = list(sources)
    modules = frozenset(source.name for source in sources)
    graph = {
        source.name: {target_of(imported, modules) for imported in source.imports}
        & (modules - {source.name})
        for source in sources
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []
