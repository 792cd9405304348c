"""Connection strings: ``key=value`` pairs, the values of every section but the first.

Source: PgBouncer 1.25, ``src/loader.c``. A value with blanks stands in single quotes,
a quote inside is written twice, blanks around ``=`` are allowed, no value is empty.
"""

import re

_KEY = re.compile(r"[ \t]*([^= \t]+)[ \t]*=[ \t]*")
_QUOTED = re.compile(r"'((?:[^']|'')*+)'(?=[ \t]|$)")
_BARE = re.compile(r"[^' \t][^ \t]*")
_NEEDS_QUOTES = re.compile(r"[ \t]|^'")


class ConnectionStringError(ValueError):
    """A connection string that cannot be read; the text never shows a value."""


def parse(text: str) -> tuple[tuple[str, str], ...]:
    """Return the pairs in their order, a repeated key as often as it stands there.

    Raises ConnectionStringError.
    """
    pairs: list[tuple[str, str]] = []
    position, end = 0, len(text.rstrip(" \t"))
    while position < end:
        key = _KEY.match(text, position)
        if key is None:
            raise ConnectionStringError(_expected_key(pairs))
        value = _QUOTED.match(text, key.end()) or _BARE.match(text, key.end())
        if value is None:
            raise ConnectionStringError(_bad_value(text, key, pairs))
        found = value[1].replace("''", "'") if value.re is _QUOTED else value[0]
        if not found:
            raise ConnectionStringError(_bad_value(text, key, pairs))
        pairs.append((key[1], found))
        position = value.end()
    return tuple(pairs)


def quote(value: str) -> str:
    """Return ``value`` as it must be written behind ``=``."""
    if _NEEDS_QUOTES.search(value):
        return "'" + value.replace("'", "''") + "'"
    return value


def _expected_key(pairs: list[tuple[str, str]]) -> str:
    place = f"after {pairs[-1][0]}" if pairs else "at its start"
    return (
        f"syntax error in connection string {place}: expected key=value "
        "(a value with blanks stands in single quotes)"
    )


def _bad_value(text: str, key: re.Match[str], pairs: list[tuple[str, str]]) -> str:
    # Behind a password the "key" may be the rest of it, unquoted.
    after_password = any(name == "password" for name, _ in pairs)
    name = "a value" if after_password else f"the value of {key[1]}"
    rest = text[key.end() : key.end() + 2]
    if rest[:1] == "'" and rest != "''":
        wrong = "has no closing single quote, or something stuck to it"
    else:
        wrong = "is empty"
    return f"syntax error in connection string: {name} {wrong}"
