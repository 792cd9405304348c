"""Who comes to the door and goes again: what the log has of it."""

import pytest

from pgpool_py.reasons import Reason
from pgwire.startup import GSSENCRequest
from tests.fixtures.hand import turn

from .test_arrival import STARTUP, VISITOR, Doorstep, step

__all__ = ["step"]


@pytest.mark.parametrize("said", [b"", GSSENCRequest().encode()])
def test_a_probe_is_no_line_in_the_log(
    step: Doorstep, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    closed = VISITOR.tallies.clients_closed
    before = closed.number(Reason.CLIENT_EOF)
    step.send(said)
    step.client.close()
    turn(step.reactor)
    assert step.door.calls == ["gone"]
    assert caplog.messages == []
    # But it was there.
    assert closed.number(Reason.CLIENT_EOF) == before + 1


@pytest.mark.parametrize("said", [b"\0\0", STARTUP])
def test_who_begins_to_log_in_and_goes_is_one(
    step: Doorstep, said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    step.send(said)
    step.client.close()
    turn(step.reactor)
    [line] = caplog.messages
    assert line.startswith("closing because: client unexpected eof (age=")
