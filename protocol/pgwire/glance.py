"""Seeing at a glance that a text is harmless, as nearly all are.

That is asked for each simple query, so it is one regular expression that goes through
the text once and never back. What it lets through is one statement without effect on
the session, or none at all for its syntax, however session parameters and encoding have
it read; what it does not is classified (:mod:`pgwire.classification`).

It holds because of what harm needs: another first word; the word TEMP or a name that
begins with ``pg_temp``; the rule of pg_settings; or one of a few functions, which are
known by how their names end in front of a parenthesis, or stand where an attribute of
an expression would.
"""

import re
from typing import Final

_DIGITS: Final = b"0123456789"
# How the functions end that touch a session; a test has the list of them. A digit is
# any: what is known of a text holds for all that differ in digits alone.
_ENDINGS: Final = (
    b"ab0 all art ect eed ema fig ify ite kup lot mit ock red t_u tab tat tby tup val "
    b"xml"
).split()


def _any_case(letters: bytes) -> bytes:
    return b"".join(map(_alike, letters))


def _alike(character: int) -> bytes:
    if character in _DIGITS:
        return b"[0-9]"
    return b"[%c%c]" % (character, character ^ 32) if character > 95 else b"_"


def _class(members: set[int]) -> bytes:
    return b"[" + b"".join(b"\\x%02x" % member for member in sorted(members)) + b"]"


_CHARACTERS: Final = set(range(1, 256))
# Every byte but those that need a look at what is around them. Those of an encoding
# whose second bytes may be ASCII do no harm: they are not quotes or parentheses.
_PLAIN: Final = _class(_CHARACTERS - set(b"'\"\\;$()]/-mM"))
# In front of a parenthesis, with a space or without, none of these is the end of such a
# function.
_LAST: Final = {ending[-1] for ending in _ENDINGS} | set(_DIGITS)
_NO_ENDING: Final = _class(
    _CHARACTERS - _LAST - {letter ^ 32 for letter in _LAST} - set(b'"\t\n\v\f\r ')
)
_ENDING: Final = b"(?:" + b"|".join(map(_any_case, _ENDINGS)) + b")"
_SPACE: Final = rb"[\t\n\v\f\r ]"

_PARENTHESIS: Final = (
    rb"\((?:(?<=" + _NO_ENDING + rb"\()|(?<=" + _NO_ENDING + rb" \()"
    rb"|(?<!" + _ENDING + rb"\()(?<!" + _ENDING + rb" \()"
    rb'(?<!"\()(?<!" \()(?<![\t\n\v\f\r]\()(?<!' + _SPACE + _SPACE + rb"\()"
    rb"|(?<=\"\()(?<!" + _ENDING + rb"\"\()"
    rb"|(?<=\" \()(?<!" + _ENDING + rb"\" \())"
)
# With (?!) as its last alternative a possessive group ends where its last round began.
# Without, Python before 3.11.5 goes on from where that round failed.
_NO_TEMP: Final = rb"[mM](?:(?![pP])|(?<![tT][eE][mM]))"
_QUOTED: Final = rb'"(?<!&")(?:[^"mM\0]++|' + _NO_TEMP + rb'|(?!))*+"'
_PIECES: Final = (
    rb"(?:(?:"
    + _NO_TEMP
    + rb"|"
    + _PARENTHESIS
    + rb"|'[^'\\\0]*+'|-(?!-)|"
    + _QUOTED
    # Behind these a function may stand as an attribute does: (1).f
    + rb"|/(?!\*)|(?:[)\]]|\$[0-9]++)(?!\s*+\.))"
    + _PLAIN
    + rb"*+|(?!))*+"
)
_END: Final = rb";?+\s*+\0\Z"
# What an UPDATE is of: nothing that may be pg_settings, whose rule sets parameters.
_NAME: Final = rb'"?(?![pP][gG]_)[A-Za-z0-9_]++"?'
_TABLE: Final = (
    rb" (?![oO][nN][lL][yY]\b)"
    + _NAME
    + rb"(?:\."
    + _NAME
    + rb"|(?!))*+(?=\s)(?!\s+\.)"
)

# The first ones save the loop, which costs as much as all else for a short text.
_ALTERNATIVES: Final = (
    rb"SELECT " + _PLAIN + rb"*+M " + _PLAIN + rb"*+;?+\0\Z",
    rb"select " + _PLAIN + rb"*+m " + _PLAIN + rb"*+;?+\0\Z",
    rb"BEGIN;?+\0\Z",
    rb"COMMIT;?+\0\Z",
    rb"END;?+\0\Z",
    rb"UPDATE" + _TABLE + _PLAIN + rb"*+;?+\0\Z",
    rb"\s*+(?:(?:SELECT|select|INSERT|insert|DELETE|delete)(?![0-9A-Za-z_$\x80-\xff])"
    rb"|(?:UPDATE|update)" + _TABLE + rb")" + _PLAIN + rb"*+" + _PIECES + _END,
    rb"\s*+(?:BEGIN|begin|COMMIT|commit|END|end|ROLLBACK|rollback|START|start"
    rb"|ABORT|abort|SAVEPOINT|savepoint|RELEASE|release)\b[A-Za-z0-9_, ]*+" + _END,
)

#: ``harmless_at_a_glance(buffer, start, end)``: not None if the text there, which ends
#: with a NUL, is harmless for certain.
harmless_at_a_glance: Final = re.compile(rb"|".join(_ALTERNATIVES)).match
