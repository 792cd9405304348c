"""Possessive repeats that Python before 3.11.5 takes too far (CPython gh-106052).

There a repeat of a group leaves off where its last, failed round had come to, instead
of where that had begun. It does not if the last alternative of the group is ``(?!)``,
which fails where it stands, or if no alternative can fail behind anything but
characters.
"""

import re
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

_CODES = import_module("re._constants")
_PARSER = import_module("re._parser")
_CHARACTER = {_CODES.ANY, _CODES.IN, _CODES.LITERAL, _CODES.NOT_LITERAL}
_REPEATS = {_CODES.MAX_REPEAT, _CODES.MIN_REPEAT, _CODES.POSSESSIVE_REPEAT}


def patterns(package: str) -> dict[str, re.Pattern[Any]]:
    """Give the patterns that the modules of a package compile, by their names."""
    found = {}
    for module in walk_packages(import_module(package).__path__, f"{package}."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(import_module(module.name)).items():
            compiled = getattr(value, "__self__", value)
            if isinstance(compiled, re.Pattern):
                found[f"{module.name}.{name}"] = compiled
    return found


def goes_too_far(pattern: str | bytes) -> bool:
    """Whether an older Python may match more by a pattern than a newer one."""
    return any(map(_is_unsafe, _groups(_PARSER.parse(pattern))))


def _groups(items: Any) -> list[Any]:
    """Give what is repeated possessively, at any depth."""
    found = []
    for code, argument in items:
        if code is _CODES.POSSESSIVE_REPEAT:
            found.append(argument[2])
        elif code is _CODES.ATOMIC_GROUP:
            found += _groups(argument)
        if code in _REPEATS:
            found += _groups(argument[2])
        elif code is _CODES.BRANCH:
            found += [group for way in argument[1] for group in _groups(way)]
        elif code is _CODES.SUBPATTERN:
            found += _groups(argument[3])
        elif code in (_CODES.ASSERT, _CODES.ASSERT_NOT):
            found += _groups(argument[1])
    return found


def _is_unsafe(body: Any) -> bool:
    branches = len(body) == 1 and body[0][0] is _CODES.BRANCH
    ways = body[0][1][1] if branches else [body]
    return not (_never_holds(ways[-1]) or all(map(_fails_in_place, ways)))


def _never_holds(way: Any) -> bool:
    """Whether it is ``(?!)``, which parsers write in two ways."""
    (code, argument), *more = way
    empty = code is _CODES.ASSERT_NOT and len(argument[1]) == 0
    return not more and (empty or code is _CODES.FAILURE)


def _fails_in_place(way: Any) -> bool:
    """Whether a sequence is of characters, the last ones repeated if it then holds."""
    *front, (code, argument) = way
    if any(before not in _CHARACTER for before, _ in front):
        return False
    if code is not _CODES.POSSESSIVE_REPEAT:
        return code in _CHARACTER
    least, _, repeated = argument
    is_character = len(repeated) == 1 and repeated[0][0] in _CHARACTER
    return is_character and (least == 0 or not front)
