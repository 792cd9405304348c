"""SASLprep (RFC 4013) in the lenient way of PostgreSQL's ``pg_saslprep``.

RFC 5802 refuses a password that SASLprep prohibits. PostgreSQL and libpq take the
bytes as they are instead, and so does this, or the two would disagree.
"""

import stringprep
import unicodedata

from ._buffer import encode_text

_PROHIBITED = (
    stringprep.in_table_a1,  # unassigned in Unicode 3.2
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


def saslprep(password: str) -> bytes:
    """Normalise a password; where that is prohibited return its bytes as they are.

    Surrogate escapes in ``password`` stand for bytes that are not UTF-8.
    """
    if password.isascii():
        return password.encode()
    mapped = _map(password)
    prepared = unicodedata.normalize("NFKC", mapped)
    if not mapped or _is_prohibited(prepared):
        return encode_text(password)
    return prepared.encode()


def _map(text: str) -> str:
    """Step 1 of RFC 4013: odd spaces become spaces, invisible characters go.

    U+200B is in both tables; PostgreSQL takes it for a space.
    """
    spaced = (" " if stringprep.in_table_c12(c) else c for c in text)
    return "".join(c for c in spaced if not stringprep.in_table_b1(c))


def _is_prohibited(text: str) -> bool:
    if any(table(c) for c in text for table in _PROHIBITED):
        return True
    # RFC 3454 section 6: right-to-left text stands alone.
    if not any(map(stringprep.in_table_d1, text)):
        return False
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return not ends or any(map(stringprep.in_table_d2, text))
