"""What stored secrets are, and for how long that is remembered."""

from pgpool_py.auth.secrets import SecretKind
from pgpool_py.pooler.recognition import Recognition
from pgwire.scram import derive
from tests.pooler.postgres import Bench

STORED = derive("hunter2", b"salt of sixteen!", 2)


def test_a_scram_secret_is_taken_apart(bench: Bench) -> None:
    found = Recognition(bench.context).of("alice", STORED.format())
    assert (found.kind, found.secret) == (SecretKind.SCRAM, STORED)


def test_a_password_is_left_as_it_is(bench: Bench) -> None:
    found = Recognition(bench.context).of("alice", "hunter2")
    assert (found.kind, found.secret) == (SecretKind.PLAIN, "hunter2")


def test_one_of_auth_file_is_looked_at_once_until_it_is_forgotten(
    bench: Bench,
) -> None:
    bench.context.secrets["alice"] = STORED.format()
    recognition = Recognition(bench.context)
    first = recognition.of("alice", STORED.format())
    assert recognition.of("alice", STORED.format()) is first
    recognition.forget()
    assert recognition.of("alice", STORED.format()) is not first


def test_one_that_was_looked_up_is_not_remembered(bench: Bench) -> None:
    recognition = Recognition(bench.context)
    first = recognition.of("alice", STORED.format())
    assert recognition.of("alice", STORED.format()) is not first


def test_a_secret_does_not_show(bench: Bench) -> None:
    found = Recognition(bench.context).of("alice", "hunter2")
    assert "hunter2" not in repr(found)
