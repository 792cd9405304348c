"""What a client has changed of its session is found out, and stays its own."""

import pytest

from pgpool_py.server.answers import MOST_BYTES
from pgwire.frontend import Bind
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    complete,
    done,
    query,
    reported,
    split,
)
from tests.pooler.examined import (
    NOBODY_ELSE,
    PARSED,
    Build,
    Examined,
    answer,
    come_in,
    come_in_with,
)
from tests.pooler.house import startup


@pytest.fixture
def one(build: Build) -> Examined:
    return come_in(build)


# Parameters


def test_a_parameter_that_is_not_reported_is_found_out(one: Examined) -> None:
    assert one.run("SET work_mem = '1MB'") == done("SET")
    assert one.asked() == ("role", "session_authorization", "*")
    assert one.linked()
    one.say(answer(*NOBODY_ELSE, session={"work_mem": "1MB"}))
    assert one.own() == one.servers() == {"work_mem": "1MB"}
    assert not one.linked()
    # Nobody hears of it.
    assert one.client.received() == b""


def test_one_that_is_reported_asks_nothing(one: Examined) -> None:
    reply = complete("SET") + reported("TimeZone", "CET") + READY
    assert one.run("SET timezone = 'CET'", reply) == reply
    assert one.asked() == ()
    assert one.own() == one.servers() == {"timezone": "CET"}
    assert not one.linked()


def test_one_with_a_dot_is_asked_for_by_name(one: Examined) -> None:
    one.run("SET my.tenant = '7'")
    assert one.asked() == ("my.tenant",)
    one.say(answer("7"))
    assert one.own() == {"my.tenant": "7"}


def test_so_is_a_role(one: Examined) -> None:
    one.run("SET ROLE bob")
    assert one.asked() == ("role",)
    one.say(answer("bob"))
    assert one.own() == {"role": "bob"}
    one.run("SET ROLE NONE")
    one.say(answer("none"))
    assert one.own() == {}


def test_another_user_of_the_session_is_one_until_it_is_the_same_again(
    one: Examined,
) -> None:
    one.run("SET SESSION AUTHORIZATION bob")
    one.say(answer("none", "bob"))
    assert one.own() == {"session_authorization": "bob"}
    one.run("SET SESSION AUTHORIZATION DEFAULT")
    assert one.asked() == ("session_authorization",)
    one.say(answer("alice"))
    assert one.own() == {}


def test_a_role_under_which_all_was_asked_is_the_clients_and_not_the_servers(
    one: Examined,
) -> None:
    one.run("SET work_mem = '1MB'; SET ROLE bob")
    assert one.asked() == ("role", "session_authorization", "*")
    one.say(answer("bob", "alice", session={"work_mem": "1MB"}))
    assert one.own() == {"work_mem": "1MB", "role": "bob"}
    assert one.servers() == {"work_mem": "1MB"}
    one.client.send(query("SELECT 1"))
    one.house.turn()
    (_, (_, body), *_) = split(one.server.received())
    assert Bind.decode(body).parameters == (b"role", b"bob")


def test_so_is_one_with_more_parameters_than_travel(one: Examined) -> None:
    many = {f"my.p{number}": "1" for number in range(600)}
    one.run("SET work_mem = '1MB'; SET ROLE bob")
    one.say(answer("bob", "alice", session=many))
    assert one.own() == {"role": "bob"}
    assert one.servers() == {}
    # It keeps that one, on which the role is set again.
    binds = [body for kind, body in split(one.server.received()) if kind == "B"]
    assert Bind.decode(binds[-1]).parameters == (b"role", b"bob")


def test_a_client_whose_role_is_lost_is_closed(one: Examined) -> None:
    one.run("DO 'x'")
    session = {"search_path": "x" * MOST_BYTES}
    found = answer(*NOBODY_ELSE, session=session, held=(), listens=True)
    for start in range(0, len(found), 10_000):
        one.server.send(found[start : start + 10_000])
        one.house.turn()
    error = dict(split(one.client.received()))["E"]
    assert b"too many session parameters were set where it cannot be seen" in error


def test_a_statement_with_a_name_of_ours_that_nobody_has_seen_made_is_in_doubt(
    one: Examined,
) -> None:
    statements = one.the_server().ledger.statements
    statements.add(b"pgpool_ab")
    statements.add(b"pgpool_cd")
    one.run("DO 'x'")
    held = ("pgpool_ab", "pgpool_ef")
    one.say(answer(*NOBODY_ELSE, session={}, held=held, listens=True))
    assert not one.linked()
    assert not statements.has(b"pgpool_ab")
    assert statements.may_have(b"pgpool_ef")


def test_what_was_rolled_back_is_not_there(one: Examined) -> None:
    one.run("BEGIN", complete("BEGIN") + IN_TRANSACTION)
    one.run("SET work_mem = '1MB'", complete("SET") + IN_TRANSACTION)
    assert one.asked() == ()
    one.run("ROLLBACK", done("ROLLBACK"))
    assert one.asked() == ("role", "session_authorization", "*")
    one.say(answer(*NOBODY_ELSE, session={}))
    assert one.own() == {}


def test_one_with_a_dot_that_was_rolled_back_was_never_set(one: Examined) -> None:
    one.run("SET my.tenant = '7'")
    one.say(answer(None))
    assert one.own() == {}


def test_one_with_a_dot_may_be_set_to_nothing(one: Examined) -> None:
    one.run("SET my.tenant = ''")
    one.say(answer(""))
    assert one.own() == {"my.tenant": ""}


def test_reset_it_is_empty_and_gone(one: Examined) -> None:
    one.run("SET my.tenant = '7'")
    one.say(answer("7"))
    one.run("RESET ALL")
    assert one.asked() == ("my.tenant",)
    one.say(answer(""))
    assert one.own() == {}


def test_what_cannot_be_seen_is_asked_of_all(one: Examined) -> None:
    one.run("SET my.tenant = '7'")
    one.say(answer("7"))
    one.run("DO 'x'")
    asked = ("my.tenant", "role", "session_authorization", "*", "holdings")
    assert one.asked() == asked
    rows = {"work_mem": "1MB", "TimeZone": "UTC"}
    one.say(answer("8", *NOBODY_ELSE, session=rows, held=(), listens=True))
    # What is reported is known: TimeZone is what it was.
    assert one.own() == {"my.tenant": "8", "work_mem": "1MB"}


def test_what_the_session_has_no_more_is_gone(one: Examined) -> None:
    one.run("SET work_mem = '1MB'")
    one.say(answer(*NOBODY_ELSE, session={"work_mem": "1MB"}))
    one.run("DO 'x'")
    one.say(answer(*NOBODY_ELSE, session={"jit": "off"}, held=(), listens=True))
    assert one.own() == {"jit": "off"}


def test_what_holds_for_one_transaction_is_not_the_sessions(one: Examined) -> None:
    one.run("DO 'x'")
    rows = {"jit": "off", "transaction_read_only": "off"}
    one.say(answer(*NOBODY_ELSE, session=rows, held=(), listens=True))
    assert one.own() == {"jit": "off"}


def test_another_client_gets_none_of_it(one: Examined) -> None:
    one.run("SET work_mem = '1MB'")
    one.say(answer(*NOBODY_ELSE, session={"work_mem": "1MB"}))
    other = one.house.arrive(startup())
    one.server.received()
    other.send(query("SELECT 1"))
    one.house.turn()
    (_, (_, body), *_) = split(one.server.received())
    assert Bind.decode(body).parameters == (b"work_mem", None)
    one.say(PARSED + b"2\0\0\0\4" + complete() + READY)
    assert one.servers() == {}
    assert one.server.received() == query("SELECT 1")


# Startup values


@pytest.mark.parametrize("text", ["RESET ALL", "DISCARD ALL", "RESET timezone"])
def test_reset_a_client_has_its_startup_values_and_is_told_no_others(
    build: Build, text: str
) -> None:
    one = come_in_with(build, "timezone", "CET", "TimeZone")
    reply = complete("RESET") + reported("TimeZone", "UTC") + READY
    assert one.run(text, reply) == complete("RESET") + READY
    assert one.asked() == ()
    assert one.own() == {"timezone": "CET"}
    assert one.servers() == {}


def test_of_one_that_is_not_reported_nobody_is_told(build: Build) -> None:
    one = come_in_with(build, "search_path", "x")
    one.run("RESET search_path")
    one.say(answer(*NOBODY_ELSE, session={}))
    assert one.client.received() == b""
    assert one.own() == {"search_path": "x"}
    assert one.servers() == {}


def test_a_reset_that_was_rolled_back_changes_nothing(build: Build) -> None:
    one = come_in_with(build, "search_path", "x")
    one.run("RESET ALL")
    one.say(answer(*NOBODY_ELSE, session={"search_path": "x"}))
    assert one.own() == one.servers() == {"search_path": "x"}


def test_another_reset_leaves_them_alone(build: Build) -> None:
    one = come_in_with(build, "search_path", "x")
    one.run("SET search_path = y")
    one.say(answer(*NOBODY_ELSE, session={"search_path": "y"}))
    one.run("RESET my.tenant")
    assert one.own() == {"search_path": "y"}


def test_what_is_set_to_its_default_behind_a_reset_stays_so(build: Build) -> None:
    one = come_in_with(build, "timezone", "CET", "TimeZone")
    reply = complete("RESET") + reported("TimeZone", "UTC") + done("SET")
    one.run("RESET ALL; SET timezone = 'UTC'", reply)
    assert one.asked() == ("role", "session_authorization", "*")
    one.say(answer(*NOBODY_ELSE, session={"TimeZone": "UTC"}))
    assert one.own() == {}
    assert one.client.received() == b""


def test_set_in_front_of_a_reset_it_does_not(build: Build) -> None:
    one = come_in_with(build, "timezone", "CET", "TimeZone")
    reply = complete("SET") + reported("TimeZone", "UTC") + done("RESET")
    one.run("SET timezone = 'UTC'; RESET ALL", reply)
    one.say(answer(*NOBODY_ELSE, session={}))
    assert one.own() == {"timezone": "CET"}
