"""The first packet of a connection, byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgwire.backend import NegotiateProtocolVersion
from pgwire.errors import LocalProtocolError, ProtocolError, ProtocolViolation
from pgwire.startup import (
    CancelRequest,
    GSSENCRequest,
    SSLRequest,
    StartupMessage,
    looks_foreign,
    negotiate,
    parse_startup,
    startup_length,
)

from .strategies import INT32, TEXT

NAMES = TEXT.filter(lambda name: name and not name.startswith("_pq_."))
PARAMETERS = st.dictionaries(NAMES, TEXT, max_size=4).map(
    lambda parameters: parameters | {"user": "alice"}
)
OPTIONS = st.dictionaries(NAMES.map(lambda name: "_pq_." + name), TEXT, max_size=3)
MINORS = st.integers(0, 65535)


def _packet(code: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + code + body


V3 = b"\x00\x03\x00\x00"


def test_a_startup_message() -> None:
    packet = (
        b"\x00\x00\x00\x21"  # length 4 + 4 + 11 + 13 + 1 = 33, itself included
        b"\x00\x03\x00\x00"  # protocol 3.0
        b"user\0alice\0"
        b"database\0app\0"
        b"\0"  # end of parameters
    )
    startup = StartupMessage(0, {"user": "alice", "database": "app"})
    assert parse_startup(packet) == startup
    assert startup.encode() == packet


def test_user_and_database_are_at_hand() -> None:
    with_database = StartupMessage(0, {"user": "alice", "database": "app"})
    assert (with_database.user, with_database.database) == ("alice", "app")
    assert StartupMessage(0, {"user": "alice"}).database == "alice"
    assert StartupMessage(0, {"user": "alice", "database": ""}).database == "alice"


def test_protocol_options_are_kept_apart() -> None:
    packet = _packet(b"\x00\x03\x00\x02", b"user\0a\0_pq_.x\0on\0\0")
    startup = parse_startup(packet)
    assert startup == StartupMessage(2, {"user": "a"}, {"_pq_.x": "on"})


def test_parameters_keep_their_order() -> None:
    body = b"TimeZone\0UTC\0user\0a\0DateStyle\0ISO\0\0"
    startup = parse_startup(_packet(V3, body))
    assert isinstance(startup, StartupMessage)
    assert list(startup.parameters) == ["TimeZone", "user", "DateStyle"]


def test_of_a_parameter_sent_twice_the_last_counts() -> None:
    startup = parse_startup(_packet(V3, b"user\0a\0user\0b\0\0"))
    assert isinstance(startup, StartupMessage)
    assert startup.user == "b"


def test_a_name_in_another_encoding_passes_through() -> None:
    packet = _packet(V3, b"user\0Ren\xe9\0\0")  # LATIN1
    startup = parse_startup(packet)
    assert startup.encode() == packet


@pytest.mark.parametrize("body", [b"\0", b"database\0app\0\0", b"user\0\0\0"])
def test_a_startup_without_user_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        parse_startup(_packet(V3, body))
    assert caught.value.message == "no username supplied"


@pytest.mark.parametrize(
    "body",
    [
        b"",  # nothing at all
        b"user\0a\0",  # no terminator
        b"user\0a",  # value without end
        b"user\0",  # name without value
        b"user\0a\0\0\0",  # a byte behind the terminator
        b"\0user\0a\0\0",  # terminator in front
    ],
)
def test_a_misplaced_terminator_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolViolation) as caught:
        parse_startup(_packet(V3, body))
    assert caught.value.message == (
        "invalid startup packet layout: expected terminator as last byte"
    )


def test_protocol_2_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="old V2 protocol not supported"):
        parse_startup(_packet(b"\x00\x02\x00\x00", bytes(288)))


def test_protocol_4_is_refused_with_its_header() -> None:
    with pytest.raises(ProtocolViolation) as caught:
        parse_startup(_packet(b"\x00\x04\x00\x00", b"user\0a\0\0"))
    assert caught.value.message == "bad packet header: '0000001000040000'"


def test_ssl_and_gssenc_requests() -> None:
    ssl = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # length 8, 80877103
    gss = b"\x00\x00\x00\x08\x04\xd2\x16\x30"  # length 8, 80877104
    assert parse_startup(ssl) == SSLRequest()
    assert parse_startup(gss) == GSSENCRequest()
    assert SSLRequest().encode() == ssl
    assert GSSENCRequest().encode() == gss


def test_an_ssl_request_of_another_size_is_refused() -> None:
    with pytest.raises(ProtocolViolation, match="bad packet header"):
        parse_startup(_packet(b"\x04\xd2\x16\x2f", b"\0"))


def test_a_cancel_request() -> None:
    packet = (
        b"\x00\x00\x00\x10"  # length 16
        b"\x04\xd2\x16\x2e"  # 80877102
        b"\x00\x00\x04\xd2"  # process id 1234
        b"\xde\xad\xbe\xef"  # key
    )
    request = CancelRequest(1234, b"\xde\xad\xbe\xef")
    assert parse_startup(packet) == request
    assert request.encode() == packet


def test_a_cancel_request_of_protocol_3_2_has_a_long_key() -> None:
    request = CancelRequest(1234, bytes(range(256)))
    assert parse_startup(request.encode()) == request


@pytest.mark.parametrize("size", [0, 3, 257])
def test_a_cancel_key_of_wrong_size_is_refused(size: int) -> None:
    packet = _packet(b"\x04\xd2\x16\x2e", b"\0\0\0\1" + bytes(size))
    with pytest.raises(ProtocolViolation, match=f"cancel key has {size} bytes"):
        parse_startup(packet)
    with pytest.raises(LocalProtocolError, match="allowed are 4 to 256"):
        CancelRequest(1, bytes(size)).encode()


def test_a_session_that_is_asked_for_again_is_not_read_again() -> None:
    packet = _packet(V3, b"user\0alice\0database\0again\0\0")
    assert parse_startup(bytes(packet)) is parse_startup(bytes(bytearray(packet)))


def test_a_cancel_request_is_not_remembered() -> None:
    packet = _packet(b"\x04\xd2\x16\x2e", b"\0\0\0\x01key.")
    again = bytes(bytearray(packet))
    assert parse_startup(packet) is not parse_startup(again)


def test_a_cancel_key_stays_out_of_the_repr() -> None:
    assert "hunter22" not in repr(CancelRequest(1, b"hunter22"))


def test_the_length_is_known_after_four_bytes() -> None:
    packet = SSLRequest().encode()
    assert [startup_length(packet[:n]) for n in range(6)] == [
        None,
        None,
        None,
        None,
        8,
        8,
    ]


@pytest.mark.parametrize("length", [8, 10_000])
def test_the_smallest_and_the_largest_length_are_taken(length: int) -> None:
    assert startup_length(length.to_bytes(4, "big")) == length


@pytest.mark.parametrize("length", [0, 7, 10_001, 2**31])
def test_a_length_beyond_the_limits_is_refused_with_the_bytes(length: int) -> None:
    head = length.to_bytes(4, "big")
    with pytest.raises(ProtocolViolation) as caught:
        startup_length(head + b"\1\2\3\4\5")
    assert caught.value.message == f"bad packet header: '{head.hex()}01020304'"
    assert caught.value.detail == "the length must be 8 to 10000 bytes"


@pytest.mark.parametrize(
    "first",
    [b"GET / HTTP/1.1", b"\x16\x03\x01\x02", b"SSH-2.0-", b"\x00\x00\x27\x11"],
)
def test_other_protocols_are_known_by_their_first_bytes(first: bytes) -> None:
    assert looks_foreign(first)


def test_one_byte_is_enough_to_know_http() -> None:
    assert looks_foreign(b"G")
    with pytest.raises(ProtocolViolation, match="bad packet header: '47'"):
        startup_length(b"G")


def test_a_packet_shorter_or_longer_than_it_says_is_refused() -> None:
    packet = SSLRequest().encode()
    for wrong in (packet[:-1], packet + b"\0", b""):
        with pytest.raises(ProtocolViolation, match="bad packet header"):
            parse_startup(wrong)


def test_a_startup_above_the_limit_is_our_own_error() -> None:
    # 8 for length and code, 5 for the name, 2 zero bytes: 9985 for the value.
    assert len(StartupMessage(0, {"user": "x" * 9985}).encode()) == 10_000
    with pytest.raises(LocalProtocolError, match="10001 bytes exceeds the limit"):
        StartupMessage(0, {"user": "x" * 9986}).encode()


def test_a_parameter_without_name_is_our_own_error() -> None:
    with pytest.raises(LocalProtocolError, match="without a name"):
        StartupMessage(0, {"user": "a", "": "x"}).encode()


def test_no_negotiation_for_a_minor_that_is_spoken() -> None:
    assert negotiate(StartupMessage(0, {"user": "a"}), 2) is None
    assert negotiate(StartupMessage(2, {"user": "a"}), 2) is None


def test_a_newer_minor_is_negotiated_down() -> None:
    answer = negotiate(StartupMessage(9999, {"user": "a"}), 2)
    assert answer == NegotiateProtocolVersion(196610).encode()


def test_unknown_options_are_named_at_the_client_s_own_minor() -> None:
    startup = StartupMessage(0, {"user": "a"}, {"_pq_.x": "on"})
    expected = NegotiateProtocolVersion(196608, ("_pq_.x",)).encode()
    assert negotiate(startup, 2) == expected


@given(MINORS, PARAMETERS, OPTIONS)
def test_what_is_encoded_is_decoded(
    minor: int, parameters: dict[str, str], options: dict[str, str]
) -> None:
    startup = StartupMessage(minor, parameters, options)
    packet = startup.encode()
    assert startup_length(packet) == len(packet)
    assert parse_startup(packet) == startup


@given(INT32, st.binary(min_size=4, max_size=256))
def test_a_cancel_request_round_trips(pid: int, key: bytes) -> None:
    request = CancelRequest(pid, key)
    assert parse_startup(request.encode()) == request


@given(st.sampled_from((V3, b"\x04\xd2\x16\x2e", b"")), st.binary(max_size=60))
def test_random_bytes_raise_protocol_errors_only(code: bytes, body: bytes) -> None:
    for packet in (_packet(code, body), code + body):
        try:
            parse_startup(packet)
        except ProtocolError:
            continue


def test_half_a_character_ends_with_its_name_or_value() -> None:
    found = parse_startup(_packet(V3, b"user\0al\xe2\x82\0database\0\xc3\0\0"))
    assert isinstance(found, StartupMessage)
    assert found.parameters == {"user": "al\udce2\udc82", "database": "\udcc3"}
