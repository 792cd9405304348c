"""A server that clients share: whose replies are whose, and when they part."""

import pytest

from pgwire.frontend import Terminate
from tests.fixtures.messages import (
    IN_TRANSACTION,
    READY,
    complete,
    done,
    kinds,
    query,
    reported,
)
from tests.pgwire.replies import CLOSED, COLUMNS, NOTICE, STALE, row
from tests.pooler.sharing import (
    FAILED,
    WRITE,
    WRITTEN,
    Share,
    answers,
    asks,
    batch,
    batch_answers,
    prepared,
    uses,
)

# Whose replies are whose


def test_each_client_gets_its_own_replies_however_they_are_cut(share: Share) -> None:
    shared = share(clients=4)
    expected = [answers(0), batch_answers(1), FAILED, batch_answers(3)]
    stream = b"".join(expected)
    for cut in range(1, len(stream)):
        shared.ask(0)
        shared.send(shared.clients[1], batch(1))
        shared.ask(2)
        shared.send(shared.clients[3], batch(3))
        shared.received()
        shared.send(shared.servers[0], stream[:cut], stream[cut:])
        assert shared.told() == expected
    assert shared.shelved()


def test_one_byte_at_a_time(share: Share) -> None:
    shared = share()
    shared.ask(0)
    shared.send(shared.clients[1], batch(1))
    shared.ask(2)
    for byte in answers(0) + batch_answers(1) + answers(2):
        shared.send(shared.servers[0], bytes((byte,)))
    assert shared.told() == [answers(0), batch_answers(1), answers(2)]


def test_the_first_answer_goes_on_as_it_comes_the_next_when_it_is_whole(
    share: Share,
) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], COLUMNS)
    assert shared.told() == [COLUMNS, b"", b""]
    shared.send(shared.servers[0], answers(0)[len(COLUMNS) :] + answers(1)[:-1])
    assert shared.told() == [answers(0)[len(COLUMNS) :], b"", b""]
    shared.send(shared.servers[0], answers(1)[-1:])
    assert shared.told() == [b"", answers(1), b""]


def test_an_error_is_its_clients_alone(share: Share) -> None:
    shared = share(clients=5)
    shared.ask(0)
    shared.send(shared.clients[1], batch(1))
    shared.ask(2)
    shared.send(shared.clients[3], batch(3))
    stream = FAILED + FAILED + FAILED + batch_answers(3)
    shared.send(shared.servers[0], stream)
    assert shared.told() == [FAILED, FAILED, FAILED, batch_answers(3), b""]
    assert shared.shelved()


def test_a_notice_is_whose_exchange_is_answered(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2)
    shared.send(shared.servers[0], NOTICE + answers(0) + NOTICE + answers(1))
    assert shared.told() == [NOTICE + answers(0), NOTICE + answers(1), b""]


def test_what_comes_behind_the_last_answer_concerns_nobody(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.send(shared.servers[0], answers(0) + answers(1) + NOTICE)
    assert shared.told() == [answers(0), answers(1), b""]
    assert shared.shelved()


def test_what_a_client_sends_meanwhile_is_sent_when_it_is_answered(
    share: Share,
) -> None:
    shared = share(clients=2)
    shared.ask(0, 1)
    for number, more in ((0, 5), (1, 6)):
        shared.send(shared.clients[number], asks(more))
    assert shared.received() == [asks(0) + asks(1)]
    shared.answer(0, 1)
    for number in (5, 6):
        assert shared.received() == [asks(number)]
        shared.answer(number)
    assert shared.told() == [answers(0) + answers(5), answers(1) + answers(6)]


def test_terminate_behind_an_exchange_waits_for_its_answer(share: Share) -> None:
    shared = share()
    shared.ask(0, 1)
    shared.send(shared.clients[1], Terminate().encode())
    shared.answer(0, 1)
    assert shared.clients[1].received() == answers(1)
    assert shared.clients[1].ended
    assert shared.shelved()


# Sharing ends


def test_a_head_that_is_left_in_a_transaction_has_its_server_alone(
    share: Share,
) -> None:
    shared = share()
    shared.ask(0, 1, 2, first=WRITE)
    shared.received()
    begun = complete("UPDATE 1") + IN_TRANSACTION
    shared.send(shared.servers[0], begun)
    assert shared.told() == [begun, b"", b""]
    # What the others have asked is answered to nobody, and then asked anew.
    shared.send(shared.servers[0], answers(1)[:-1] + b"T" + answers(2)[:-1] + b"T")
    shared.send(shared.clients[0], query("COMMIT"))
    assert shared.received() == [query("COMMIT")]
    shared.send(shared.servers[0], done("COMMIT"))
    assert shared.told() == [done("COMMIT"), b"", b""]
    assert shared.received() == [asks(1)]
    shared.answer(1)
    shared.answer(2)
    assert shared.told() == [b"", answers(1), answers(2)]
    assert shared.shelved()


def test_a_reported_parameter_ends_it(share: Share) -> None:
    shared = share()
    shared.ask(0, 1, 2, first=WRITE)
    shared.received()
    changed = reported("TimeZone", "CET") + WRITTEN
    shared.send(shared.servers[0], changed)
    assert shared.told() == [changed, b"", b""]
    assert shared.received() == [b""]
    shared.answer(1, 2)
    # The parameter is set back for the next one.
    (sent,) = shared.received()
    assert sent != asks(1)
    assert b"TimeZone" in sent or b"timezone" in sent


def test_an_answer_above_the_limit_is_sent_on_as_it_comes(share: Share) -> None:
    shared = share(multiplexing_reply_limit=1000)
    shared.ask(0, 1, 2)
    shared.received()
    rows = COLUMNS + row(b"x" * 1000)
    shared.send(shared.servers[0], answers(0) + rows)
    assert shared.told() == [answers(0), rows, b""]
    # The server is its own now; nobody follows it any more.
    assert not shared.pool.multiplexing.pipelines
    shared.ask(0)
    assert shared.received() == [b""]
    shared.send(shared.servers[0], done())
    assert shared.told() == [b"", done(), b""]
    shared.answer(2)
    assert shared.received() == [asks(2) + asks(0)]
    shared.answer(2, 0)
    assert shared.told() == [answers(0), b"", answers(2)]


def test_a_long_answer_to_the_head_is_no_reason(share: Share) -> None:
    shared = share(multiplexing_reply_limit=1000)
    shared.ask(0, 1)
    long = COLUMNS + row(b"x" * 2000) * 3 + done()
    shared.send(shared.servers[0], long + answers(1))
    assert shared.told() == [long, answers(1), b""]


def test_a_client_that_does_not_read_keeps_nobody_waiting(share: Share) -> None:
    shared = share(clients=3, servers=2, client_buffer_limit=10_000)
    shared.ask(0, 1, 2, first=WRITE)
    place = 0 if asks(2) in shared.received()[0] else 1
    slow, server = shared.clients[place], shared.servers[place]
    other = shared.servers[1 - place]
    sent = COLUMNS
    shared.send(server, COLUMNS)
    for _ in range(200):
        sent += row(b"x" * 5000)
        shared.send(server, row(b"x" * 5000))
        if not shared.pool.multiplexing.pipelines:
            break
    else:
        raise AssertionError("the server is still shared")
    session = shared.sessions[slow]
    assert session.server is not None
    shared.send(other, WRITTEN if place else answers(1))
    assert other.received() == asks(2)
    # It loses nothing.
    received = slow.received()
    shared.house.turn()
    while more := slow.received():
        received += more
        shared.house.turn()
    assert received == sent


# Statements


def test_followers_are_given_the_statements_that_the_server_lacks(
    share: Share,
) -> None:
    shared = share(servers=2)
    # The client's statement is on the first server only, and others head both.
    shared.send(shared.clients[2], batch(2, "s"))
    shared.send(shared.servers[0], batch_answers(2))
    shared.ask(0, 1)
    shared.told()
    shared.received()
    shared.send(shared.clients[2], uses("s"))
    sent = shared.received()
    place = 0 if sent[0] else 1
    assert kinds(sent[place]) == ("PBDES" if place else "BDES")
    replies = batch_answers(2, parsed=place == 1)
    shared.send(shared.servers[place], answers(7) + replies)
    assert shared.clients[2].received() == batch_answers(2, parsed=False)


@pytest.mark.parametrize("name", ["", "s"])
def test_a_prepared_statement_may_be_used_behind_others(
    share: Share, name: str
) -> None:
    shared = share()
    shared.send(shared.clients[1], batch(1, name))
    shared.send(shared.servers[0], batch_answers(1))
    shared.told()
    shared.received()
    # The head ends what was unnamed.
    shared.ask(0)
    shared.send(shared.clients[1], uses(name))
    shared.ask(2)
    (sent,) = shared.received()
    again = name == ""
    assert kinds(sent) == "QPBDESQ" if again else "QBDESQ"
    replies = batch_answers(1, parsed=again)
    shared.send(shared.servers[0], answers(0) + replies + answers(2))
    plain = batch_answers(1, parsed=False)
    assert shared.told() == [answers(0), plain, answers(2)]


def test_a_statement_that_others_closed_is_gone_for_them_alone(share: Share) -> None:
    shared = share()
    for number in (0, 1):
        shared.send(shared.clients[number], batch(7, "s"))
        # The second one is made to be the first.
        closed = CLOSED * number
        assert kinds(shared.received()[0]) == "C" * number + "PBDES"
        shared.send(shared.servers[0], closed + batch_answers(7))
    shared.told()
    # length 7, a statement, its name
    shared.send(shared.clients[0], b"C\0\0\0\7Ss\0" + b"S\0\0\0\4")
    shared.send(shared.servers[0], CLOSED + READY)
    shared.told()
    shared.received()
    shared.ask(2)
    shared.send(shared.clients[1], uses("s"))
    (sent,) = shared.received()
    assert kinds(sent) in {"QBDES", "QPBDES"}
    parsed = "P" in kinds(sent)
    shared.send(shared.servers[0], answers(2) + batch_answers(7, parsed=parsed))
    assert shared.told() == [b"", batch_answers(7, parsed=False), answers(2)]


def test_a_head_whose_plan_is_stale_is_run_again_and_the_others_elsewhere(
    share: Share,
) -> None:
    shared = share()
    prepared(shared, 0)
    shared.ask(0, 1, 2, first=uses("s"))
    (sent,) = shared.received()
    assert kinds(sent) == "BDESQQ"
    shared.send(shared.servers[0], STALE)
    assert kinds(shared.received()[0]) == "CPBDES"
    again = CLOSED + batch_answers(9)
    shared.send(shared.servers[0], READY + answers(1) + FAILED + again)
    assert shared.told() == [batch_answers(9, parsed=False), b"", b""]
    assert shared.received() == [asks(1)]
    shared.answer(1)
    shared.answer(2)
    assert shared.told() == [b"", answers(1), answers(2)]
    assert shared.shelved()


def test_so_is_a_follower_whose_plan_is_stale(share: Share) -> None:
    shared = share()
    prepared(shared, 1)
    shared.ask(0)
    shared.send(shared.clients[1], uses("s"))
    shared.ask(2)
    assert kinds(shared.received()[0]) == "QBDESQ"
    shared.send(shared.servers[0], answers(0) + STALE)
    assert shared.told() == [answers(0), b"", b""]
    assert kinds(shared.received()[0]) == "CPBDES"
    again = CLOSED + batch_answers(9)
    shared.send(shared.servers[0], READY + answers(2) + again)
    assert shared.told() == [b"", batch_answers(9, parsed=False), b""]
    assert shared.received() == [asks(2)]
    shared.answer(2)
    assert shared.told() == [b"", b"", answers(2)]
    assert shared.shelved()


@pytest.mark.parametrize(
    ("more", "sent", "again"),
    [
        (asks(5), "Q", answers(5)),
        # Whether the first Parse goes well is not known yet.
        (uses("s"), "CPBDES", CLOSED + batch_answers(9)),
    ],
)
def test_what_its_client_sends_meanwhile_is_run_behind_it(
    share: Share, more: bytes, sent: str, again: bytes
) -> None:
    shared = share()
    prepared(shared, 0)
    shared.ask(0, 1, first=uses("s"))
    shared.send(shared.clients[0], more)
    shared.received()
    shared.send(shared.servers[0], STALE)
    assert kinds(shared.received()[0]) == "CPBDES" + sent
    first = READY + answers(1) + CLOSED + batch_answers(9)
    shared.send(shared.servers[0], first + again)
    told = batch_answers(9, parsed=False)
    second = again if sent == "Q" else told
    assert shared.told() == [told + second, b"", b""]
