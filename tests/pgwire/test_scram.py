"""SCRAM secrets: derived, stored, read back."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.errors import LocalProtocolError
from pgwire.scram import (
    ChannelBinding,
    ScramKeys,
    ScramSecret,
    derive,
    derive_keys,
    mock_secret,
    salt_for,
)

MOCK_KEY = b"k" * 32
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
# PostgreSQL's form of the RFC 7677 example: password pencil, that salt, 4096 rounds.
STORED = (
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
)


def test_the_secret_of_the_rfc_s_example() -> None:
    assert derive("pencil", SALT, 4096).format() == STORED


def test_a_stored_secret_is_read_and_written() -> None:
    secret = ScramSecret.parse(STORED)
    assert secret == derive("pencil", SALT, 4096)
    assert secret.format() == STORED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pencil",
        "md5" + "0" * 32,
        STORED + "x",
        STORED + "\n",
        STORED.replace("4096", "0"),
        STORED.replace("4096", "2147483648"),
        STORED.replace("4096", "-1"),
        STORED.replace("gQ==", "gQ="),  # salt that is not base64
        STORED.replace("WG5d", "5d"),  # key too short
        STORED.replace("SHA-256", "SHA-1"),
    ],
)
def test_another_form_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="SCRAM-SHA-256 secret") as caught:
        ScramSecret.parse(text)
    assert "WG5d" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_no_key_is_shown_in_a_repr() -> None:
    secret = ScramSecret(4096, b"salt", b"stored" * 5, b"server" * 5)
    keys = ScramKeys(b"client" * 5, b"server" * 5)
    shown = repr(secret) + repr(keys) + repr(ChannelBinding(b"client"))
    for hidden in ("stored", "server", "client"):
        assert f"b'{hidden}" not in shown


@pytest.mark.parametrize("iterations", [0, -1, 2**31])
def test_an_impossible_iteration_count_is_our_own_error(iterations: int) -> None:
    with pytest.raises(LocalProtocolError, match="iteration count"):
        derive_keys("pencil", b"salt", iterations)


def test_passwords_are_normalised() -> None:
    assert derive("\u2168", SALT, 1) == derive("IX", SALT, 1)


def test_a_mock_salt_stays_the_same_and_differs_per_user_and_process() -> None:
    assert salt_for("alice", MOCK_KEY) == salt_for("alice", MOCK_KEY)
    assert salt_for("alice", MOCK_KEY) != salt_for("bob", MOCK_KEY)
    assert salt_for("alice", MOCK_KEY) != salt_for("alice", b"other" * 6)
    # As long as PostgreSQL's own salts.
    assert len(salt_for("alice", MOCK_KEY)) == 16


def test_a_mock_secret_looks_like_any_other() -> None:
    secret = mock_secret("alice", MOCK_KEY, 4096)
    assert secret.iterations == 4096
    assert secret.salt == salt_for("alice", MOCK_KEY)
    assert ScramSecret.parse(secret.format()) == secret


@given(
    st.integers(1, 2**31 - 1),
    st.binary(min_size=1, max_size=30),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
)
def test_what_is_written_is_read(
    iterations: int, salt: bytes, stored_key: bytes, server_key: bytes
) -> None:
    secret = ScramSecret(iterations, salt, stored_key, server_key)
    assert ScramSecret.parse(secret.format()) == secret


@given(st.text(max_size=100))
def test_random_text_raises_value_errors_only(text: str) -> None:
    try:
        ScramSecret.parse("SCRAM-SHA-256$" + text)
    except ValueError:
        return
