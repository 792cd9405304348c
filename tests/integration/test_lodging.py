"""What a module's fixture makes on the shared server is not there for the next one."""

import psycopg
import pytest

from pgpool_py.embedded import EmbeddedError, EmbeddedPostgres
from tests.fixtures.lodging import lodging

_THERE = """
    SELECT rolname FROM pg_roles WHERE rolname ~ '^lodger'
    UNION ALL SELECT datname FROM pg_database WHERE datname ~ '^lodger'
"""


def test_it_can_be_had_twice_also_by_who_leaves_a_connection_open(
    postgres: EmbeddedPostgres,
) -> None:
    for _ in range(2):
        with lodging(postgres, "lodger", "a password"):
            assert postgres.psql(_THERE) == "lodger\nlodger"
            client = psycopg.connect(postgres.dsn_of("lodger"), user="lodger")
        assert postgres.psql(_THERE) == ""
        client.close()


def test_nothing_stays_when_the_tests_in_it_fail(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(KeyError), lodging(postgres, "lodger"):
        raise KeyError
    assert postgres.psql(_THERE) == ""


def test_what_is_made_half_way_goes_and_what_was_there_stays(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.createdb("lodger")
    try:
        with pytest.raises(EmbeddedError, match="already exists"):
            lodging(postgres, "lodger").__enter__()
        assert postgres.psql(_THERE) == "lodger"
    finally:
        postgres.psql("DROP DATABASE lodger")
