"""The protocol of a console session, by hand-laid bytes."""

import logging

import pytest

from pgpool_py.admin.session import MOST_MESSAGE
from pgpool_py.reasons import Reason
from pgwire.backend import BackendKeyData
from pgwire.codes import TransactionStatus
from pgwire.frontend import Bind, Execute, Parse, Query, Sync, Terminate
from tests.admin.dialogue import Dialogue, attached, opened, taken_apart
from tests.pooler.staging import Stage


def test_the_welcome_is_pgbouncers(stage: Stage) -> None:
    dialogue = Dialogue(stage, attached(stage), admin=True)
    data = dialogue.receive()
    answer = taken_apart(data)
    assert answer.kinds == "SSSSSSSKZ"
    assert answer.parameters == [
        ("server_version", "1.25.2/bouncer"),
        ("client_encoding", "UTF8"),
        ("server_encoding", "UTF8"),
        ("DateStyle", "ISO"),
        ("TimeZone", "GMT"),
        ("standard_conforming_strings", "on"),
        ("is_superuser", "on"),
    ]
    identity = dialogue.identity
    assert BackendKeyData(identity.pid, identity.cancel_key).encode() in data
    assert answer.statuses == [TransactionStatus.IDLE]


def test_a_query_may_come_byte_by_byte(stage: Stage) -> None:
    dialogue = opened(stage)
    for byte in Query(b"SHOW VERSION").encode():
        assert dialogue.receive() == b""
        dialogue.send(bytes((byte,)))
    assert dialogue.answer().kinds == "TDCZ"


def test_queries_that_come_together_are_answered_in_order(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.send(Query(b"SHOW VERSION").encode() + Query(b"RELOAD").encode())
    assert dialogue.answer().tags == ["SHOW", "RELOAD"]


def test_bytes_that_are_no_utf8_are_given_back_as_they_came(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.send(Query(b"caf\xe9").encode())
    assert b"Minvalid command 'caf\xe9', use SHOW HELP;\0" in dialogue.receive()
    assert dialogue.ask("SHOW VERSION").tags == ["SHOW"]


def test_an_error_carries_severity_and_sqlstate(stage: Stage) -> None:
    fields = opened(stage).ask("nonsense").error.fields
    assert (fields["S"], fields["V"], fields["C"]) == ("ERROR", "ERROR", "08P01")


@pytest.mark.parametrize(
    "message",
    [
        # type z: there is no such message
        b"z\0\0\0\4",
        # type Q, a length word below itself
        b"Q\0\0\0\3",
        # type Q, a length word above the limit: refused before its body is read
        b"Q" + (MOST_MESSAGE + 1).to_bytes(4),
        # type Q, length 6, one byte and no terminator
        b"Q\0\0\0\6ab",
        # type d: copy data that nobody asked for
        b"d\0\0\0\4",
        # type F, length 14: a function call
        b"F\0\0\0\x0e\0\0\0\1\0\0\0\0\0\0",
    ],
)
def test_a_message_of_another_kind_ends_the_session(
    stage: Stage, message: bytes
) -> None:
    dialogue = opened(stage)
    dialogue.send(message)
    answer = dialogue.answer()
    assert answer.kinds == "E"
    assert (answer.errors[0].severity, answer.errors[0].sqlstate) == ("FATAL", "08P01")
    assert dialogue.at_end
    assert dialogue.ends == [dialogue.identity.pid]


def test_a_message_of_the_greatest_length_is_read(stage: Stage) -> None:
    dialogue = opened(stage)
    # the length word counts itself (4) and the terminator (1)
    data = Query(b"x" * (MOST_MESSAGE - 5)).encode()
    dialogue.socket.setblocking(True)
    dialogue.socket.settimeout(10)
    for start in range(0, len(data), 8192):
        dialogue.send(data[start : start + 8192])
    dialogue.socket.setblocking(False)
    assert dialogue.answer().error.message == "bad arguments"


def test_terminate_ends_the_session(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgpool_py")
    dialogue = opened(stage)
    dialogue.send(Terminate().encode())
    assert dialogue.at_end
    assert dialogue.ends == [dialogue.identity.pid]
    (line,) = caplog.messages
    assert line.startswith("closing because: client close request (age=")


def test_the_end_of_the_connection_ends_the_session(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.socket.close()
    dialogue.stream.on_readable()
    assert dialogue.session.closed
    assert dialogue.ends == [dialogue.identity.pid]


def test_nothing_to_read_is_no_end(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.stream.on_readable()
    assert not dialogue.session.closed


def test_a_session_ends_once(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.session.close(Reason.POOLER_SHUTTING_DOWN)
    dialogue.session.close(Reason.POOLER_SHUTTING_DOWN)
    assert dialogue.ends == [dialogue.identity.pid]
    assert dialogue.at_end


def test_a_defect_ends_the_session(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.stream.on_fault(ZeroDivisionError())
    assert dialogue.session.closed


def test_a_closed_session_is_no_longer_shown(stage: Stage) -> None:
    console = attached(stage)
    gone, there = (Dialogue(stage, console, admin=True) for _ in range(2))
    there.receive()
    assert len(there.ask("SHOW CLIENTS").rows) == 2
    gone.send(Terminate().encode())
    assert len(there.ask("SHOW CLIENTS").rows) == 1


def test_nothing_is_answered_while_the_last_answer_is_not_read(stage: Stage) -> None:
    dialogue = opened(stage)
    sent = 0
    query = Query(b"SHOW STATS").encode()
    while not dialogue.stream.backlog:
        dialogue.send(query)
        sent += 1
        assert sent < 10_000
    backlog = dialogue.stream.backlog
    dialogue.send(query * 3)
    assert dialogue.stream.backlog == backlog
    tags: list[str] = []
    while len(tags) < sent + 3:
        tags += _read_on(dialogue)
    assert tags == ["SHOW"] * (sent + 3)


def _read_on(dialogue: Dialogue) -> list[str]:
    """Read what is there; let the session send on."""
    data = dialogue.receive()
    while dialogue.stream.backlog:
        dialogue.stream.on_writable()
        data += dialogue.receive()
    return taken_apart(data).tags


def test_no_more_is_read_than_is_kept_while_a_command_waits(stage: Stage) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.ask("PAUSE")
    query = Query(b"SHOW VERSION").encode()
    sent = 0
    while not dialogue.stream.paused:
        dialogue.send(query * 100)
        sent += 100
        assert sent * len(query) < MOST_MESSAGE + 10_000
    assert sent * len(query) > MOST_MESSAGE
    stage.leave(server)
    stage.tick()
    tags: list[str] = []
    while len(tags) < sent + 1:
        tags += _read_on(dialogue)
    assert tags == ["PAUSE"] + ["SHOW"] * sent
    assert not dialogue.stream.paused


# Batches; what their messages mean is in test_conversation


def batch(sql: bytes) -> bytes:
    """Give what a driver sends for one command, in one piece."""
    messages = (Parse(b"", sql), Bind(b"", b""), Execute(b""), Sync())
    return b"".join(message.encode() for message in messages)


def test_a_batch_may_come_byte_by_byte(stage: Stage) -> None:
    dialogue = opened(stage)
    for byte in batch(b"SHOW VERSION"):
        dialogue.send(bytes((byte,)))
    assert dialogue.answer().kinds == "12DCZ"


def test_what_comes_behind_a_command_that_waits_in_a_batch_waits_too(
    stage: Stage,
) -> None:
    pool = stage.pool()
    server = stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.send(batch(b"PAUSE") + batch(b"SHOW VERSION"))
    assert dialogue.answer().kinds == "12"
    stage.leave(server)
    stage.tick()
    answer = dialogue.answer()
    assert answer.kinds == "CZ12DCZ"
    assert answer.tags == ["PAUSE", "SHOW"]


def test_a_cancelled_wait_fails_its_batch(stage: Stage) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    dialogue = opened(stage)
    dialogue.send(batch(b"PAUSE") + batch(b"SHOW VERSION"))
    dialogue.receive()
    dialogue.session.cancel()
    answer = dialogue.answer()
    assert answer.kinds == "EZ12DCZ"
    assert answer.errors[0].sqlstate == "57014"
    assert not stage.pooler.paused


def test_a_shutdown_in_a_batch_is_answered_as_a_whole(stage: Stage) -> None:
    dialogue = opened(stage)
    dialogue.send(batch(b"SHUTDOWN WAIT_FOR_SERVERS"))
    assert dialogue.answer().kinds == "12CZ"
    assert dialogue.at_end


def test_a_shutdown_is_not_forgotten_with_a_client_that_sends_no_sync(
    stage: Stage,
) -> None:
    dialogue = opened(stage)
    dialogue.send(batch(b"SHUTDOWN WAIT_FOR_SERVERS")[: -len(Sync().encode())])
    assert dialogue.answer().kinds == "12C"
    assert not stage.pooler.stopped.is_set()
    dialogue.send(Terminate().encode())
    assert stage.pooler.stopped.is_set()
