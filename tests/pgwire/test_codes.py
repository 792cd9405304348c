"""The numbers are those of PostgreSQL's documentation."""

from pgwire import codes
from pgwire.codes import Backend, Frontend, Sqlstate, TransactionStatus


def _values(namespace: type) -> dict[str, int | str]:
    return {name: value for name, value in vars(namespace).items() if name[0] != "_"}


def test_request_codes_are_built_as_in_pqcomm() -> None:
    # PG_PROTOCOL(major, minor): major in the upper half, minor in the lower.
    assert codes.PROTOCOL_3_0 == 3 << 16
    assert codes.PROTOCOL_3_2 == 3 << 16 | 2
    assert codes.CANCEL_REQUEST_CODE == 1234 << 16 | 5678
    assert codes.SSL_REQUEST_CODE == 1234 << 16 | 5679
    assert codes.GSSENC_REQUEST_CODE == 1234 << 16 | 5680


def test_a_frontend_type_byte_stands_for_one_message() -> None:
    letters = bytes(int(value) for value in _values(Frontend).values())
    assert sorted(letters) == sorted(b"BCdcfDEHFPpQSX")


def test_a_backend_type_byte_stands_for_one_message() -> None:
    letters = bytes(int(value) for value in _values(Backend).values())
    assert sorted(letters) == sorted(b"RK23CWdcGHDIEVvnNAtS1sZT")


def test_the_transaction_statuses_are_letters() -> None:
    assert bytes(
        (
            TransactionStatus.IDLE,
            TransactionStatus.IN_TRANSACTION,
            TransactionStatus.FAILED,
        )
    ) == (b"ITE")


def test_every_sqlstate_has_five_characters_and_stands_once() -> None:
    states = [str(value) for value in _values(Sqlstate).values()]
    assert all(len(state) == 5 for state in states)
    assert len(states) == len(set(states))
