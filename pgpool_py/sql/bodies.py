"""What the body of a DO may do that PostgreSQL does not tell by itself.

That is what lasts, and parameters with a dot, which it does not show unless it is asked
for them by name.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pgwire.classification import Touch

from .found import OPAQUE, REMAINING, UNREAD, Found
from .lexer import Kind, Token
from .session_functions import RUNNING_TEXTS, TOUCHING
from .words import at, word

# With more, there is no end of what would have to be asked for.
_MOST: Final = 16
_DOTTED: Final = rb"([a-z_][a-z0-9_]*\.[a-z0-9_.]+)"
_PLAIN: Final = rb"[a-z_][a-z0-9_]*"
# SET in all forms that are understood, be it of a parameter or of a column.
_SET: Final = re.compile(
    rb"\bset\s+(?:(?:session|local)\s+)?(?:"
    rb"(?:" + _DOTTED + rb"|" + _PLAIN + rb")\s*(?:=|\b(?:to|from)\b)"
    rb"|(?:time\s+zone|transaction|constraints|role|authorization|names)\b"
    rb"|(?:not\s+null|null|default|data\s+type)\b)"
    rb"|\bset_config\s*\(\s*(?P<quote>''?)"
    rb"(?:" + _DOTTED + rb"|" + _PLAIN + rb")(?P=quote)\s*,",
    re.IGNORECASE,
)
# What else may set one: another form, or a text that is run.
_UNCLEAR: Final = re.compile(
    rb"\b(?:set|set_config|execute|" + b"|".join(RUNNING_TEXTS) + rb")\b",
    re.IGNORECASE,
)
_LASTING: Final = re.compile(
    rb"\bload\s+'|\b(?:"
    + b"|".join(name for name, found in TOUCHING.items() if found is REMAINING)
    + rb")\b",
    re.IGNORECASE,
)


def do_rule(tokens: Sequence[Token]) -> Found:
    """Say what a DO touches: nobody knows, but which names to ask for."""
    names: dict[str, None] = {}
    touches = (UNREAD if _is_unread(tokens) else OPAQUE).touches
    for token in tokens:
        if token.kind is Kind.STRING:
            for found in _SET.finditer(token.value):
                if name := found[1] or found[3]:
                    names[name.decode().lower()] = None
            if _UNCLEAR.search(_SET.sub(b"", token.value)):
                touches |= UNREAD.touches
            if _LASTING.search(token.value):
                touches |= REMAINING.touches
    if len(names) > _MOST:
        return Found(touches | Touch.LASTING)
    if names:
        return Found(touches | Touch.PARAMETERS, parameters=tuple(names))
    return Found(touches)


def _is_unread(tokens: Sequence[Token]) -> bool:
    """Whether its body has escapes, is in parts, or in a language not known here."""
    kinds = [token.kind for token in tokens]
    return (
        Kind.LITERAL in kinds
        or any(one is other is Kind.STRING for one, other in pairwise(kinds))
        or any(
            word(tokens, index) == b"language"
            and at(tokens, index + 1).value.lower() != b"plpgsql"
            for index in range(len(tokens))
        )
    )
