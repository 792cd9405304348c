"""Statements that touch nothing of their session, told at a glance.

Nearly all that applications send are such, and each is looked at: so it is one regular
expression, which knows little and errs to one side only.
"""

import re
from typing import Final

# Letters of a word are written out: to ignore their case costs more.
_WORDS: Final = (
    rb"(?:[vV][aA][lL][uU][eE][sS]|[iI][nN]|[cC][oO][uU][nN][tT]|[sS][uU][mM]"
    rb"|[mM][aA][xX]|[mM][iI][nN]|[nN][oO][wW]|[aA][nN][dD]|[oO][rR]|[aA][nN][yY])"
)
# An UPDATE of pg_settings sets parameters.
_NOT_PG: Final = rb"(?!\s++(?:[oO][nN][lL][yY]\s++)?+(?:\w++\s*+\.\s*+)*+[pP][gG]_\w)"
_VERBS: Final = (
    rb"(?:[sS][eE][lL][eE][cC][tT]\b|[uU][pP][dD][aA][tT][eE]\b" + _NOT_PG + rb"|"
    rb"[dD][eE][lL][eE][tT][eE]\b"
    rb"|[iI][nN][sS][eE][rR][tT]\s+[iI][nN][tT][oO]\s+[\w.]+\s*\()"
)
_ENDS: Final = (
    rb"(?:[bB][eE][gG][iI][nN]|[cC][oO][mM][mM][iI][tT]|[eE][nN][dD]"
    rb"|[rR][oO][lL][lL][bB][aA][cC][kK])"
)

#: ``harmless_at_a_glance(buffer, start, end)``: not None if the text there, which ends
#: with a NUL, is certainly one statement that touches nothing of its session.
harmless_at_a_glance: Final = re.compile(
    rb"\s*+(?:"
    + _VERBS
    + rb"(?:[^\0;()'\"\\$/\-iI&]++"
    + rb"|[iI](?![nN][tT][oO])|(?<![&eE])'[^'\\\0]*+'|\)"
    + rb"|(?:(?<=[\s,=(])"
    + _WORDS
    + rb"|(?<=[,=(]))\s*\()*+|"
    + _ENDS
    + rb"\s*+);?\s*+\0\Z"
).match
