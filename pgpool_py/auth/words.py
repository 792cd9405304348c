"""The words of one line of pg_hba.conf or pg_ident.conf, and their columns.

Source: PostgreSQL 18, ``libpq/hba.c`` ``next_token``. PgBouncer's ``src/hba.c`` splits
some lines otherwise; a line that the two read differently is refused, for half of its
readers would be mistaken about who may come in.
"""

import re
from dataclasses import dataclass

# What remains between quotes, or outside of them up to a blank, comma or comment.
_PART = re.compile(r'"((?:[^"]|"")*+)"|([^ \t\r,#"]+)')
_BLANK = re.compile(r"[ \t\r]*")
# All of a line without a comment; a quote may be left open at the end.
# (?!): Python before 3.11.5 goes on from where a possessive group failed.
_NO_COMMENT = re.compile(r'(?:[^"#]|"(?:[^"]|"")*+(?:"|$)|(?!))*+')
# Blank to PgBouncer and a part of names to PostgreSQL; a zero byte hides what follows.
_CONTROL = re.compile(r"[\0\n\v\f]")

MAX_SHOWN = 60


class LineError(ValueError):
    """A line that cannot be used; ``str`` of it says why and shows no secret."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word; ``quoted`` if it began with a quote, so that no keyword is meant.

    ``mixed`` if it has quoted and unquoted parts, as ``map="a b"`` has.
    """

    text: str
    quoted: bool = False
    mixed: bool = False

    def is_keyword(self, keyword: str) -> bool:
        """Say whether it is ``keyword``, as such and not as a quoted name."""
        return self.text == keyword and not self.quoted


#: What stands in one column: words between commas, at least one.
Column = tuple[Word, ...]


def columns(line: str) -> tuple[Column, ...]:
    """Split a line; a comment or a blank line has no columns.

    Raises:
        LineError: a quote is not closed, a comma does not stand directly behind a
            word and in front of another, or there is a control character.

    """
    if _CONTROL.search(line):
        raise LineError("holds a control character")
    found: list[Column] = []
    current: list[Word] = []
    place = _skip_blanks(line, 0)
    while place < len(line) and line[place] != "#":
        word, place = _word(line, place)
        current.append(word)
        comma = line.startswith(",", place)
        place = _skip_blanks(line, place + comma)
        if not comma:
            found.append(tuple(current))
            current = []
    if current:
        raise LineError("nothing follows the last comma")
    return tuple(found)


def words(line: str) -> tuple[Word, ...]:
    """Give the words of a line of an ``@`` file, be they between blanks or commas.

    Raises:
        LineError: as `columns` does, but for commas that join nothing.

    """
    # A comma in quotes is a name's and must stay.
    split = re.sub(r'("(?:[^"]|"")*+"|#.*)|,', lambda m: m[1] or " ", line)
    return tuple(word for column in columns(split) for word in column)


def has_comment(line: str) -> bool:
    """Say whether a comment begins in ``line``, which may end within quotes."""
    return _NO_COMMENT.fullmatch(line) is None


def shown(text: str) -> str:
    """Return ``text`` in double quotes and of bounded length."""
    return f'"{text[:MAX_SHOWN]}…"' if len(text) > MAX_SHOWN else f'"{text}"'


def _skip_blanks(line: str, place: int) -> int:
    blank = _BLANK.match(line, place)
    return place if blank is None else blank.end()


def _word(line: str, place: int) -> tuple[Word, int]:
    """Read the word that begins at ``place``; return it and where it ends."""
    parts: list[str] = []
    begin = place
    while (part := _PART.match(line, place)) is not None:
        parts.append(part[2] or part[1].replace('""', '"'))
        place = part.end()
    if line.startswith('"', place):
        raise LineError("a quote is not closed")
    if not parts:
        raise LineError("a comma must follow a word directly")
    quoted = line[begin] == '"'
    return Word("".join(parts), quoted, mixed=len(parts) > 1), place
