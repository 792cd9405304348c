"""What a client is told of its own faults."""

from pgpool_py.client.telling import violated
from pgwire.errors import ProtocolViolation


def test_what_is_known_of_a_violation_reaches_the_client_whole() -> None:
    error = violated(ProtocolViolation("too long", detail="of 9", hint="shorten it"))
    said = (error.severity, error.sqlstate, error.message, error.detail, error.hint)
    assert said == ("FATAL", "08P01", "too long", "of 9", "shorten it")
