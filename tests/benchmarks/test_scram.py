"""Tests of ``benchmarks/scram.py``."""

import base64

from benchmarks import scram


def test_a_secret_is_that_of_rfc_7677() -> None:
    # The example of RFC 7677 section 3 gives password, salt and iterations; the
    # keys follow from them by RFC 5802 section 3.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    assert scram.secret("pencil", salt) == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
        "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
