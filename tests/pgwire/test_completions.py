"""Messages of a server that are a type byte and nothing else."""

import pytest

from pgwire._message import BackendMessage
from pgwire.completions import (
    BindComplete,
    CloseComplete,
    EmptyQueryResponse,
    NoData,
    ParseComplete,
    PortalSuspended,
)
from pgwire.errors import ProtocolViolation

CASES = [
    (ParseComplete(), b"1"),
    (BindComplete(), b"2"),
    (CloseComplete(), b"3"),
    (NoData(), b"n"),
    (PortalSuspended(), b"s"),
    (EmptyQueryResponse(), b"I"),
]


@pytest.mark.parametrize(("message", "type_byte"), CASES)
def test_the_message_is_its_type_and_length_four(
    message: BackendMessage, type_byte: bytes
) -> None:
    assert message.encode() == type_byte + b"\0\0\0\x04"
    assert type(message).decode(b"") == message


@pytest.mark.parametrize(("message", "type_byte"), CASES)
def test_a_body_is_refused(message: BackendMessage, type_byte: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="1 bytes behind"):
        type(message).decode(type_byte)
