"""The tokens of a text, as PostgreSQL's own lexer finds them, or none at all.

What is read in two ways is not read: a backslash in a plain literal, where the end of
the literal hangs on standard_conforming_strings; what other versions take apart
elsewhere; U&"" with its escapes. PostgreSQL's ``src/backend/parser/scan.l`` of versions
14 to 18 is the source. Bytes from 0x80 are letters.
"""

import re
from enum import Enum, auto
from typing import Final, NamedTuple

# PostgreSQL cuts identifiers there (NAMEDATALEN).
NAME_LENGTH: Final = 63


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    #: A literal whose value is known.
    STRING = auto()
    #: Any other literal.
    LITERAL = auto()
    NUMBER = auto()
    PARAMETER = auto()
    SYMBOL = auto()


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: see there.
        value: of words in lower case, of quoted names and strings what is within the
            quotes; of a parameter its number.
        start, end: where it stands in the text, quotes included.
    """

    kind: Kind
    value: bytes
    start: int
    end: int


# With (?!) as its last alternative a possessive group ends where its last round began.
# Without, Python before 3.11.5 goes on from where that round failed.

# Comments nest; more than four deep is not understood.
_COMMENT = rb"/\*(?:[^*/]++|\*(?!/)|/(?!\*)|(?!))*+\*/"
for _ in range(3):
    _COMMENT = rb"/\*(?:[^*/]++|\*(?!/)|/(?!\*)|" + _COMMENT + rb"|(?!))*+\*/"

# Behind a byte that is not ASCII a backslash may be the second half of a character, in
# encodings that clients alone may have (SJIS, BIG5, GBK, UHC, GB18030, JOHAB).
_ESCAPED = rb"'(?:[^'\\]++|''|(?<![\x80-\xff])\\[\s\S]|(?!))*+'"
# What joins two literals: space with a line feed in it.
_JOIN = rb"(?:[ \t\f\v]++|--[^\n\r]*+)*+[\n\r](?:\s++|--[^\n\r]*+[\n\r]|(?!))*+"
_LEXER: Final = re.compile(
    rb"(?:\s++|--[^\n\r]*+|" + _COMMENT + rb"|(?!))*+"
    rb"(?:"
    rb"(?P<STRING>'(?:[^']++|'')*+')"
    rb"|(?P<ESCAPE>[eE]" + _ESCAPED + rb"(?:" + _JOIN + _ESCAPED + rb"|(?!))*+)"
    rb"|(?P<LITERAL>[bBxXnN](?=')|[uU]&'(?:[^']++|'')*+')"
    rb'|(?P<REFUSED>[uU]&")'
    rb"|(?P<WORD>[A-Za-z_\x80-\xff][A-Za-z0-9_$\x80-\xff]*+)"
    rb'|(?P<QUOTED>"(?:[^"]++|"")++")'
    rb"|(?P<PARAMETER>\$[0-9]++(?![A-Za-z_\x80-\xff]))"
    rb"|(?P<DOLLAR>\$(?P<tag>(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?)\$)"
    # What is glued to a number, versions take apart differently.
    rb"|(?P<NUMBER>(?:0[xX][0-9a-fA-F_]++|0[oO][0-7_]++|0[bB][01_]++"
    rb"|(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?+|\.[0-9][0-9_]*+)(?:[eE][+-]?+[0-9_]++|(?!))?+)"
    rb"(?![A-Za-z0-9_$\x80-\xff]))"
    rb"|(?P<SYMBOL>::|[~!@#^&|`?+*%<>=:,.;()\[\]-]|/(?!\*))"
    rb"|(?P<END>\Z)"
    rb")"
)


def tokens(text: bytes) -> list[Token] | None:
    """Give the tokens of a text; None if they are not understood."""
    found: list[Token] = []
    end = 0
    while match := _LEXER.match(text, end):
        kind = match.lastgroup or ""
        if kind == "END":
            return found
        if kind == "REFUSED":
            return None
        # The group "tag" closes before the one around it.
        start, end = match.span(kind)
        if kind == "DOLLAR":
            closing = text.find(match[kind], end)
            if closing < 0:
                return None
            value, end = text[end:closing], closing + end - start
            found.append(Token(Kind.STRING, value, start, end))
        elif (token := _token(kind, match[kind], start, end)) is not None:
            found.append(token)
        else:
            return None
    return None


def _token(kind: str, text: bytes, start: int, end: int) -> Token | None:
    value = text
    if kind == "WORD":
        value = text.lower()[:NAME_LENGTH]
    elif kind == "QUOTED":
        value = text[1:-1].replace(b'""', b'"')[:NAME_LENGTH]
    elif kind == "STRING":
        if b"\\" in text and not _ends_alike(text):
            return None
        value = text[1:-1].replace(b"''", b"'")
        kind = "LITERAL" if b"\\" in text else kind
    elif kind == "ESCAPE":
        kind = "LITERAL" if b"\\" in text or text.count(b"'") > 2 else "STRING"
        value = text[2:-1]
    elif kind == "PARAMETER":
        value = text[1:]
    return Token(Kind[kind], value, start, end)


_WHOLE: Final = re.compile(_ESCAPED)


def _ends_alike(text: bytes) -> bool:
    """Whether a literal ends at the same place with backslashes as escapes."""
    match = _WHOLE.match(text)
    return match is not None and match.end() == len(text)
