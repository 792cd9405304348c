"""Parameters with a dot that the body of a DO may set.

PostgreSQL does not show them unless it is asked for them by name. What else a body sets
it tells by itself.
"""

import re
from collections.abc import Sequence
from typing import Final

from pgwire.classification import Touch

from .found import OPAQUE, Found
from .lexer import Kind, Token

# With more, there is no end of what would have to be asked for.
_MOST: Final = 16
_NAME: Final = rb"([a-z_][a-z0-9_]*\.[a-z0-9_.]+)"
_SET: Final = re.compile(
    rb"\bset\s+(?:(?:session|local)\s+)?"
    + _NAME
    + rb"|\bset_config\s*\(\s*''?"
    + _NAME,
    re.IGNORECASE,
)


def do_rule(tokens: Sequence[Token]) -> Found:
    """Say what a DO touches: nobody knows, but which names to ask for."""
    names: dict[str, None] = {}
    for token in tokens:
        if token.kind is Kind.STRING:
            for found in _SET.finditer(token.value):
                name = found[1] or found[2]
                names[name.decode().lower()] = None
    if not names:
        return OPAQUE
    if len(names) > _MOST:
        return Found(Touch.OPAQUE | Touch.LASTING)
    return Found(Touch.OPAQUE | Touch.PARAMETERS, parameters=tuple(names))
