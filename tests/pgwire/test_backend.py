"""Messages of a server, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire._message import BackendMessage
from pgwire.backend import (
    BackendKeyData,
    CommandComplete,
    DataRow,
    FieldDescription,
    FunctionCallResponse,
    NegotiateProtocolVersion,
    NotificationResponse,
    ParameterDescription,
    ParameterStatus,
    ReadyForQuery,
    RowDescription,
)
from pgwire.codes import TransactionStatus
from pgwire.errors import LocalProtocolError, ProtocolError, ProtocolViolation

from .strategies import INT16, INT32, NAME, OID, TEXT, VALUE, tuples

FIELDS = st.builds(FieldDescription, NAME, OID, INT16, INT32, INT16, OID, INT16)
KEYS = st.binary(min_size=4, max_size=256)
STATUSES = st.sampled_from(b"ITE")

MESSAGES: dict[type[BackendMessage], st.SearchStrategy[BackendMessage]] = {
    BackendKeyData: st.builds(BackendKeyData, INT32, KEYS),
    ParameterStatus: st.builds(ParameterStatus, TEXT, TEXT),
    ReadyForQuery: st.builds(ReadyForQuery, STATUSES),
    NegotiateProtocolVersion: st.builds(NegotiateProtocolVersion, INT32, tuples(TEXT)),
    NotificationResponse: st.builds(NotificationResponse, INT32, NAME, NAME),
    RowDescription: st.builds(RowDescription, tuples(FIELDS)),
    DataRow: st.builds(DataRow, tuples(VALUE)),
    ParameterDescription: st.builds(ParameterDescription, tuples(OID)),
    CommandComplete: st.builds(CommandComplete, NAME),
    FunctionCallResponse: st.builds(FunctionCallResponse, VALUE),
}


def test_backend_key_data_of_protocol_3_0() -> None:
    wire = (
        b"K"  # type
        b"\x00\x00\x00\x0c"  # length 12
        b"\x00\x00\x04\xd2"  # process id 1234
        b"\xde\xad\xbe\xef"  # key
    )
    data = BackendKeyData(1234, b"\xde\xad\xbe\xef")
    assert data.encode() == wire
    assert BackendKeyData.decode(wire[5:]) == data


@pytest.mark.parametrize("size", [0, 3, 257])
def test_a_key_of_wrong_size_is_refused(size: int) -> None:
    with pytest.raises(ProtocolViolation, match=f"cancel key has {size} bytes"):
        BackendKeyData.decode(b"\0\0\0\1" + bytes(size))
    with pytest.raises(LocalProtocolError, match="allowed are 4 to 256"):
        BackendKeyData(1, bytes(size)).encode()


def test_a_cancel_key_stays_out_of_the_repr() -> None:
    assert "hunter22" not in repr(BackendKeyData(1, b"hunter22"))


def test_parameter_status() -> None:
    status = ParameterStatus("TimeZone", "UTC")
    assert status.encode() == b"S\0\0\0\x11TimeZone\0UTC\0"


@pytest.mark.parametrize(
    ("status", "letter"),
    [
        (TransactionStatus.IDLE, b"I"),
        (TransactionStatus.IN_TRANSACTION, b"T"),
        (TransactionStatus.FAILED, b"E"),
    ],
)
def test_ready_for_query(status: int, letter: bytes) -> None:
    assert ReadyForQuery(status).encode() == b"Z\0\0\0\x05" + letter
    assert ReadyForQuery.decode(letter) == ReadyForQuery(status)


def test_an_unknown_transaction_status_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="transaction status is byte 88"):
        ReadyForQuery.decode(b"X")
    with pytest.raises(LocalProtocolError, match="88 is no transaction status"):
        ReadyForQuery(88).encode()


def test_negotiate_protocol_version_has_the_whole_number() -> None:
    body = (
        b"\x00\x03\x00\x00"  # protocol 3.0
        b"\x00\x00\x00\x01"  # one unknown option
        b"_pq_.x\0"  # its name
    )
    offer = NegotiateProtocolVersion(196608, ("_pq_.x",))
    assert offer.encode()[5:] == body
    assert NegotiateProtocolVersion.decode(body) == offer


def test_a_negative_option_count_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="option count is -1"):
        NegotiateProtocolVersion.decode(b"\0\3\0\0\xff\xff\xff\xff")


def test_an_option_count_without_options_is_refused_at_the_first() -> None:
    with pytest.raises(ProtocolViolation, match="option has no terminator"):
        NegotiateProtocolVersion.decode(b"\0\3\0\0\x7f\xff\xff\xff")


def test_row_description() -> None:
    body = (
        b"\x00\x01"  # one column
        b"id\0"  # name
        b"\x00\x00\x40\x01"  # table OID 16385
        b"\x00\x02"  # its column 2
        b"\x00\x00\x00\x17"  # type OID 23, int4
        b"\x00\x04"  # type size
        b"\xff\xff\xff\xff"  # type modifier -1
        b"\x00\x01"  # binary
    )
    column = FieldDescription(
        b"id", 23, type_size=4, format=1, table_oid=16385, column=2
    )
    assert RowDescription((column,)).encode()[5:] == body
    assert RowDescription.decode(body) == RowDescription((column,))


def test_data_row() -> None:
    body = (
        b"\x00\x03"  # three values
        b"\x00\x00\x00\x0242"  # two bytes
        b"\xff\xff\xff\xff"  # NULL
        b"\x00\x00\x00\x00"  # empty
    )
    assert DataRow((b"42", None, b"")).encode()[5:] == body
    assert DataRow.decode(body) == DataRow((b"42", None, b""))


def test_parameter_description() -> None:
    body = b"\x00\x02\x00\x00\x00\x17\x00\x00\x00\x19"  # two: int4, text
    assert ParameterDescription.decode(body) == ParameterDescription((23, 25))


def test_command_complete() -> None:
    assert CommandComplete(b"SELECT 1").encode() == b"C\0\0\0\x0dSELECT 1\0"


def test_notification_response() -> None:
    wire = (
        b"A"  # type
        b"\x00\x00\x00\x0e"  # length 14
        b"\x00\x00\x00\x07"  # process id of the sender
        b"ch\0"  # channel
        b"hi\0"  # payload
    )
    assert NotificationResponse(7, b"ch", b"hi").encode() == wire


def test_a_function_may_return_null() -> None:
    assert FunctionCallResponse(None).encode() == b"V\0\0\0\x08\xff\xff\xff\xff"


@pytest.mark.parametrize("kind", MESSAGES)
@given(data=st.data())
def test_what_is_encoded_is_decoded(
    kind: type[BackendMessage], data: st.DataObject
) -> None:
    message = data.draw(MESSAGES[kind])
    wire = message.encode()
    assert wire[0] == kind.TYPE
    assert int.from_bytes(wire[1:5], "big") == len(wire) - 1
    assert kind.decode(wire[5:]) == message


@pytest.mark.parametrize("kind", MESSAGES)
@given(body=st.binary(max_size=60))
def test_random_bytes_raise_protocol_errors_only(
    kind: type[BackendMessage], body: bytes
) -> None:
    try:
        message = kind.decode(body)
    except ProtocolError:
        return
    assert message.encode()[5:] == body
