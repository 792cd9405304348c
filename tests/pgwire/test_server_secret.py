"""What is known of a user answers what a server asks for, or says why not."""

import pytest

from pgwire.errors import LoginFailed
from pgwire.md5 import md5_response, md5_secret
from pgwire.scram import ScramKeys
from pgwire.server_secret import ServerSecret

SALT = b"\1\2\3\4"
KEYS = ScramKeys(b"c" * 32, b"s" * 32)
PLAIN = ServerSecret("pencil")
MD5 = ServerSecret(md5_secret("alice", "pencil"))
SCRAM = ServerSecret(keys=KEYS)
NOTHING = ServerSecret()


def test_a_plain_password_answers_everything() -> None:
    assert PLAIN.cleartext_answer("alice").password == b"pencil"
    expected = md5_response("pencil", "alice", SALT)
    assert PLAIN.md5_answer("alice", SALT).password == expected
    assert PLAIN.scram_credentials("alice") == "pencil"


def test_an_md5_secret_answers_md5_only() -> None:
    expected = PLAIN.md5_answer("alice", SALT)
    assert MD5.md5_answer("alice", SALT) == expected
    with pytest.raises(LoginFailed) as caught:
        MD5.cleartext_answer("alice")
    assert caught.value.message == "server login failed: wrong password type"
    assert caught.value.detail == (
        "the server asks for a cleartext password, known is an md5 secret"
    )
    with pytest.raises(LoginFailed, match="asks for SCRAM, known is an md5 secret"):
        MD5.scram_credentials("alice")


def test_keys_answer_scram_only() -> None:
    assert SCRAM.scram_credentials("alice") == KEYS
    with pytest.raises(LoginFailed, match="known is SCRAM keys"):
        SCRAM.cleartext_answer("alice")
    with pytest.raises(LoginFailed, match="known is SCRAM keys"):
        SCRAM.md5_answer("alice", SALT)


def test_a_plain_password_goes_before_keys_and_keys_before_an_md5_secret() -> None:
    assert ServerSecret("pencil", KEYS).scram_credentials("alice") == "pencil"
    assert ServerSecret(MD5.password, KEYS).scram_credentials("alice") == KEYS


def test_a_missing_password_is_named_with_its_user() -> None:
    text = 'server login failed: no password is known for user "alice"'
    with pytest.raises(LoginFailed, match=text):
        NOTHING.cleartext_answer("alice")
    with pytest.raises(LoginFailed, match=text):
        NOTHING.md5_answer("alice", SALT)
    with pytest.raises(LoginFailed, match=text):
        NOTHING.scram_credentials("alice")


def test_nothing_of_it_is_shown_in_a_repr() -> None:
    assert repr(ServerSecret("pencil", KEYS)) == "ServerSecret()"
