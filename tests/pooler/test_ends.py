"""How the ends of a server's connection, and what uses it, are shown."""

from pgpool_py.pooler.ends import UNIX, both_ends, name_of_application
from tests.pooler.staging import Stage


def test_of_a_unix_socket_both_ends_have_the_servers_port(stage: Stage) -> None:
    stream, _ = stage.stream()
    assert both_ends("/tmp/.s.PGSQL.5432", stream, stage.pool()) == [(UNIX, 5432)] * 2


def test_what_is_closed_has_no_end_of_ours_any_more(stage: Stage) -> None:
    stream, _ = stage.stream()
    stream.close()
    peer = ("192.0.2.1", 5433)
    assert both_ends(peer, stream, stage.pool()) == [peer, peer]


def test_the_first_name_of_an_application_counts() -> None:
    known = {"application_name": "psql"}
    assert name_of_application({}, known, {"application_name": "other"}) == "psql"
    assert name_of_application({}, {}) == ""
