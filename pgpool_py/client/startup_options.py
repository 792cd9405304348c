"""The parameters that a client asks for in its startup packet.

Source: "Start-up" in the protocol's message flow; ``pg_split_opts`` in
``utils/init/postinit.c`` for the parameter ``options``.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from pgpool_py import errors

# What PgBouncer tracks whatever is configured.
ALWAYS_TRACKED: Final = (
    "client_encoding",
    "datestyle",
    "timezone",
    "standard_conforming_strings",
    "application_name",
)
# Answers that are remembered: most clients ask for what others have asked for before.
MOST_REMEMBERED: Final = 16
_NOT_PARAMETERS: Final = frozenset({"user", "database", "replication", "options"})
_WORD: Final = re.compile(r"(?:[^\s\\]|\\.)+", re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)


def asked_parameters(
    startup: Mapping[str, str],
    tracked: tuple[str, ...],
    ignored: tuple[str, ...],
    *,
    any_name: bool = False,
) -> Mapping[str, str]:
    """Give the session parameters of a startup packet, names in lower case.

    Args:
        startup: name and value as the client sent them.
        tracked: extra names that may be asked for, in any case.
        ignored: names that are dropped without a word, in any case.
        any_name: whether all others may be asked for, too.

    Raises:
        LoginError: an option that is not understood, or a parameter that is neither
            tracked nor ignored.
    """
    return _asked(tuple(startup.items()), tracked, ignored, any_name)


@lru_cache(MOST_REMEMBERED)
def _asked(
    words: tuple[tuple[str, str], ...],
    tracked: tuple[str, ...],
    ignored: tuple[str, ...],
    any_name: bool,
) -> Mapping[str, str]:
    startup = dict(words)
    options = startup.get("options")
    allowed: Collection[str] = ()
    if options is not None or not any_name:
        allowed = {name.lower() for name in (*ALWAYS_TRACKED, *tracked)}
    dropped = {name.lower() for name in ignored}
    asked: dict[str, str] = {}
    if options is not None and "options" not in dropped:
        for name, value in split_options(options):
            if name in allowed or (any_name and name not in dropped):
                asked[name] = value
            elif name not in dropped:
                raise errors.unsupported_startup_parameter(name, in_options=True)
    for name, value in startup.items():
        lower = name.lower()
        if lower in _NOT_PARAMETERS or lower in dropped:
            continue
        if not any_name and lower not in allowed:
            raise errors.unsupported_startup_parameter(name)
        asked[lower] = value
    return MappingProxyType(asked)


def split_options(text: str) -> list[tuple[str, str]]:
    """Split ``-c name=value --name=value``; a backslash keeps the next character.

    Raises:
        LoginError: anything else is in it.
    """
    words = [_ESCAPE.sub(r"\1", word) for word in _WORD.findall(text)]
    found: list[tuple[str, str]] = []
    while words:
        word = words.pop(0)
        if word == "-c" and words:
            setting = words.pop(0)
        elif word.startswith(("--", "-c")):
            setting = word[2:]
        else:
            raise errors.unsupported_options()
        name, equals, value = setting.partition("=")
        if not name or not equals:
            raise errors.unsupported_options()
        found.append((name.replace("-", "_").lower(), value))
    return found
