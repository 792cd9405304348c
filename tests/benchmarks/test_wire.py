"""Tests of ``benchmarks/wire.py``."""

from benchmarks import wire


def test_a_startup_packet_begins_with_its_length_and_the_protocol() -> None:
    packet = wire.startup("u", "d", "n")
    assert packet == (
        b"\x00\x00\x00\x2e"  # length, itself included
        b"\x00\x03\x00\x00"  # protocol 3.0
        b"user\x00u\x00"
        b"database\x00d\x00"
        b"application_name\x00n\x00"
        b"\x00"  # end of the parameters
    )


def test_an_error_shows_severity_code_and_message() -> None:
    fields = b"SFATAL\x00VFATAL\x00C53300\x00Mno more connections\x00\x00"
    reply = wire.message(b"E", fields)
    assert wire.error_text(reply) == "FATAL 53300: no more connections"


def test_a_batch_binds_one_parameter_to_what_it_parses() -> None:
    assert wire.batch("SELECT $1", "42") == (
        b"P\x00\x00\x00\x11"  # Parse
        b"\x00"  # no name
        b"SELECT $1\x00"
        b"\x00\x00"  # no types
        b"B\x00\x00\x00\x12"  # Bind
        b"\x00\x00"  # no portal, no name
        b"\x00\x00"  # no formats
        b"\x00\x01\x00\x00\x00\x0242"  # one value of two bytes
        b"\x00\x00"  # no formats of results
        b"E\x00\x00\x00\x09"  # Execute
        b"\x00\x00\x00\x00\x00"  # no portal, all rows
        b"S\x00\x00\x00\x04"  # Sync
    )
