"""Which limits are not left on a server that nobody has."""

import pytest

from pgpool_py.server.striking import strikes


@pytest.mark.parametrize(
    "values",
    [
        {"statement_timeout": "1ms"},
        {"statement_timeout": "999"},
        {"statement_timeout": "0.9 s"},
        {"statement_timeout": ".5s"},
        {"statement_timeout": "900us"},
        {"transaction_timeout": "20ms"},
        {"idle_session_timeout": "20ms"},
        {"idle_session_timeout": "1h"},
        # Whatever that is.
        {"statement_timeout": "soon"},
        {"statement_timeout": "1 fortnight"},
        {"idle_session_timeout": "soon"},
        {"timezone": "CET", "statement_timeout": "5"},
    ],
)
def test_short_limits_and_those_of_idleness(values: dict[str, str]) -> None:
    assert strikes(values)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"timezone": "CET"},
        {"statement_timeout": "0"},
        {"statement_timeout": "1s"},
        {"statement_timeout": "30000"},
        {"statement_timeout": "5min"},
        {"transaction_timeout": "1d"},
        {"idle_session_timeout": "0"},
        # It waits for no lock of anybody's.
        {"lock_timeout": "1ms"},
        # Between two clients there is no transaction.
        {"idle_in_transaction_session_timeout": "1ms"},
    ],
)
def test_everything_else_may_stay(values: dict[str, str]) -> None:
    assert not strikes(values)
