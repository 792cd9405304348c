"""The protocol of the console, message by message and without a socket."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.admin import portals
from pgpool_py.admin.commands.desk import Desk
from pgpool_py.admin.commands.refusals import cancelled
from pgpool_py.admin.conversation import Conversation, Reply
from pgpool_py.pooler.stopping import Stopping
from pgwire.backend import CommandComplete, DataRow, FieldDescription, RowDescription
from pgwire.diagnostics import ErrorResponse
from pgwire.errors import ProtocolViolation
from tests.admin.dialogue import no_change, no_reload, taken_apart
from tests.pooler.staging import Stage, staged

# Messages of a client: type, length word, and what is in it.
# statement, text, number of parameter types
PARSE = b"P\0\0\0\x15\0SHOW VERSION\0\0\0"
PARSE_S = b"P\0\0\0\x18S_1\0SHOW VERSION\0\0\0"
PARSE_HELP = b"P\0\0\0\x12\0SHOW HELP\0\0\0"
PARSE_PAUSE = b"P\0\0\0\x0e\0PAUSE\0\0\0"
PARSE_NOTHING = b"P\0\0\0\x0b\0 ;\0\0\0"
PARSE_POOLS = b"P\0\0\0\x13\0SHOW POOLS\0\0\0"
PARSE_NONSENSE = b"P\0\0\0\x11\0nonsense\0\0\0"
# portal, statement, no formats, no parameters, no result formats
BIND = b"B\0\0\0\x0c\0\0\0\0\0\0\0\0"
BIND_S = b"B\0\0\0\x0f\0S_1\0\0\0\0\0\0\0"
# the same with a portal p
BIND_P = b"B\0\0\0\x0dp\0\0\0\0\0\0\0\0"
# one result format, binary
BIND_BINARY = b"B\0\0\0\x0e\0\0\0\0\0\0\0\1\0\1"
# one parameter, x
BIND_X = b"B\0\0\0\x11\0\0\0\0\0\1\0\0\0\1x\0\0"
DESCRIBE_STATEMENT = b"D\0\0\0\6S\0"
DESCRIBE_S = b"D\0\0\0\x09SS_1\0"
DESCRIBE_PORTAL = b"D\0\0\0\6P\0"
# portal, row limit
EXECUTE = b"E\0\0\0\x09\0\0\0\0\0"
EXECUTE_ONE = b"E\0\0\0\x09\0\0\0\0\1"
EXECUTE_P = b"E\0\0\0\x0ap\0\0\0\0\0"
EXECUTE_P_ONE = b"E\0\0\0\x0ap\0\0\0\0\1"
CLOSE_STATEMENT = b"C\0\0\0\6S\0"
CLOSE_S = b"C\0\0\0\x09SS_1\0"
CLOSE_PORTAL = b"C\0\0\0\6P\0"
FLUSH = b"H\0\0\0\4"
SYNC = b"S\0\0\0\4"
QUERY = b"Q\0\0\0\x11SHOW VERSION\0"
QUERY_NONSENSE = b"Q\0\0\0\x0dnonsense\0"

PARSED = b"1\0\0\0\4"
BOUND = b"2\0\0\0\4"
CLOSED = b"3\0\0\0\4"
NO_DATA = b"n\0\0\0\4"
NO_PARAMETERS = b"t\0\0\0\6\0\0"
SUSPENDED = b"s\0\0\0\4"
EMPTY = b"I\0\0\0\4"
READY = b"Z\0\0\0\5I"
SHOW = CommandComplete(b"SHOW").encode()
COLUMNS = RowDescription((FieldDescription(b"version", 25),)).encode()
BINARY_COLUMNS = RowDescription((FieldDescription(b"version", 25, format=1),)).encode()
ROW = DataRow((b"PgBouncer 1.25.2",)).encode()


class Client:
    """Talks to a conversation, and keeps what it is not told at once."""

    def __init__(self, stage: Stage, *, admin: bool = True) -> None:
        self.desk = Desk(stage.pooler, no_reload, no_change)
        self.conversation = Conversation(self.desk, admin=admin)
        self.replies: list[Reply] = []

    def say(self, *messages: bytes) -> bytes:
        """Give messages, return all that is answered."""
        self.replies = [self.conversation.receive(m[0], m[5:]) for m in messages]
        return b"".join(reply.data for reply in self.replies)

    def fails(self, *messages: bytes) -> ErrorResponse:
        """Give messages of which the last is answered with an error."""
        (error,) = taken_apart(self.say(*messages)).errors
        assert error.severity == "ERROR"
        return error


@pytest.fixture
def client(stage: Stage) -> Client:
    return Client(stage)


# Good


def test_every_message_is_answered_by_itself(client: Client) -> None:
    assert client.say(PARSE) == PARSED
    assert client.say(DESCRIBE_STATEMENT) == NO_PARAMETERS + COLUMNS
    assert client.say(BIND) == BOUND
    assert client.say(DESCRIBE_PORTAL) == COLUMNS
    assert client.say(EXECUTE) == ROW + SHOW
    assert client.say(CLOSE_PORTAL) == CLOSED
    assert client.say(FLUSH) == b""
    assert client.say(SYNC) == READY


def test_a_named_statement_outlives_batches_and_queries(client: Client) -> None:
    assert client.say(PARSE_S, DESCRIBE_S, SYNC) == (
        PARSED + NO_PARAMETERS + COLUMNS + READY
    )
    for _ in range(2):
        assert client.say(BIND_S, EXECUTE, SYNC) == BOUND + ROW + SHOW + READY
        assert client.say(QUERY) == COLUMNS + ROW + SHOW + READY


def test_the_unnamed_statement_outlives_a_batch_but_no_query(client: Client) -> None:
    client.say(PARSE, SYNC)
    assert client.say(BIND, SYNC) == BOUND + READY
    client.say(QUERY)
    assert client.fails(BIND).message == "unnamed prepared statement does not exist"


def test_the_unnamed_statement_is_replaced(client: Client) -> None:
    client.say(PARSE_POOLS, PARSE)
    assert client.say(BIND, EXECUTE) == BOUND + ROW + SHOW


def test_a_parse_that_fails_leaves_no_unnamed_statement(client: Client) -> None:
    client.say(PARSE, PARSE_NONSENSE, SYNC)
    assert client.fails(BIND).sqlstate == "26000"


def test_the_unnamed_portal_is_replaced(client: Client) -> None:
    client.say(PARSE, BIND, EXECUTE)
    assert client.say(BIND, EXECUTE) == BOUND + ROW + SHOW


def test_a_command_without_rows_has_no_data(client: Client) -> None:
    assert client.say(PARSE_HELP, BIND) == PARSED + BOUND
    assert client.say(DESCRIBE_STATEMENT) == NO_PARAMETERS + NO_DATA
    assert client.say(DESCRIBE_PORTAL) == NO_DATA
    assert taken_apart(client.say(EXECUTE)).kinds == "NC"


def test_nothing_at_all_is_an_empty_query(client: Client) -> None:
    client.say(PARSE_NOTHING, BIND)
    assert client.say(DESCRIBE_PORTAL, EXECUTE) == NO_DATA + EMPTY


def test_binary_rows_are_described_as_such(client: Client) -> None:
    client.say(PARSE, BIND_BINARY)
    assert client.say(DESCRIBE_PORTAL, EXECUTE) == BINARY_COLUMNS + ROW + SHOW


def test_closing_what_is_not_there_is_no_error(client: Client) -> None:
    assert client.say(CLOSE_S, CLOSE_STATEMENT, CLOSE_PORTAL) == 3 * CLOSED


def test_a_closed_statement_is_gone_and_its_portal_is_not(client: Client) -> None:
    client.say(PARSE_S, BIND_S, CLOSE_S)
    assert client.say(EXECUTE) == ROW + SHOW
    assert client.fails(BIND_S).message == 'prepared statement "S_1" does not exist'


# Row limits


def test_rows_are_fetched_piece_by_piece(stage: Stage, client: Client) -> None:
    stage.pool()
    client.say(PARSE_POOLS, BIND_P)
    kinds = [taken_apart(client.say(EXECUTE_P_ONE)).kinds for _ in range(3)]
    # a limit that is just met leaves the end to be found by the next Execute
    assert kinds == ["Ds", "Ds", "C"]
    assert client.say(EXECUTE_P) == SHOW


def test_all_that_is_left_may_be_fetched_at_once(stage: Stage, client: Client) -> None:
    stage.pool()
    stage.pool(user="bob")
    client.say(PARSE_POOLS, BIND_P, EXECUTE_P_ONE)
    assert taken_apart(client.say(EXECUTE_P)).kinds == "DDC"


def test_portals_end_with_their_batch(client: Client) -> None:
    client.say(PARSE, BIND_P, EXECUTE_P_ONE, SYNC)
    error = client.fails(EXECUTE_P)
    assert (error.sqlstate, error.message) == ("34000", 'portal "p" does not exist')


def test_portals_end_with_a_query(client: Client) -> None:
    client.say(PARSE, BIND_P, QUERY)
    assert client.fails(EXECUTE_P).sqlstate == "34000"


def test_rows_that_are_too_many_to_be_kept_are_not_kept(
    stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.pool()
    monkeypatch.setattr(portals, "MOST_KEPT_BYTES", 1)
    error = client.fails(PARSE_POOLS, BIND_P, EXECUTE_P_ONE)
    assert error.message == "too many rows are left in portals"
    # without waiting for a Sync
    client.conversation._portals.check_kept()


def test_a_command_is_run_once_for_each_bind(client: Client) -> None:
    client.say(PARSE_HELP, BIND, EXECUTE)
    error = client.fails(EXECUTE)
    assert (error.sqlstate, error.message) == ("55000", 'portal "" cannot be run')


# Bad


def test_an_error_skips_all_up_to_the_sync(client: Client) -> None:
    answer = taken_apart(client.say(PARSE_NONSENSE, BIND, EXECUTE, QUERY, PARSE, FLUSH))
    assert answer.kinds == "E"
    assert answer.errors[0].message == "invalid command 'nonsense', use SHOW HELP;"
    assert answer.errors[0].sqlstate == "08P01"
    assert client.say(SYNC) == READY
    assert client.say(QUERY) == COLUMNS + ROW + SHOW + READY


def test_an_error_of_a_query_skips_nothing(client: Client) -> None:
    assert taken_apart(client.say(QUERY_NONSENSE)).kinds == "EZ"
    assert client.say(PARSE) == PARSED


@pytest.mark.parametrize(
    ("messages", "sqlstate", "text"),
    [
        ((BIND,), "26000", "unnamed prepared statement does not exist"),
        ((BIND_S,), "26000", 'prepared statement "S_1" does not exist'),
        ((DESCRIBE_S,), "26000", 'prepared statement "S_1" does not exist'),
        ((DESCRIBE_PORTAL,), "34000", 'portal "" does not exist'),
        ((EXECUTE,), "34000", 'portal "" does not exist'),
        ((PARSE_S, PARSE_S), "42P05", 'prepared statement "S_1" already exists'),
        ((PARSE, BIND_P, BIND_P), "42P03", 'cursor "p" already exists'),
        (
            (PARSE, BIND_X),
            "08P01",
            'bind message supplies 1 parameters, but prepared statement "" requires 0',
        ),
        # statement, text, one parameter type: text
        (
            (b"P\0\0\0\x19\0SHOW VERSION\0\0\1\0\0\0\x19",),
            "42601",
            "commands of the console take no parameters",
        ),
        (
            (b"P\0\0\0\x11\0PAUSE $1\0\0\0",),
            "42601",
            "commands of the console take no parameters",
        ),
    ],
)
def test_errors_are_postgresqls(
    client: Client, messages: tuple[bytes, ...], sqlstate: str, text: str
) -> None:
    error = client.fails(*messages)
    assert (error.sqlstate, error.message) == (sqlstate, text)


def test_who_only_looks_may_not_prepare_more(stage: Stage) -> None:
    viewer = Client(stage, admin=False)
    assert viewer.fails(PARSE_PAUSE).message == "admin access needed"


@pytest.mark.parametrize(
    "message",
    [
        # copy data that nobody asked for
        b"d\0\0\0\4",
        # a function call
        b"F\0\0\0\x0e\0\0\0\1\0\0\0\0\0\0",
        # a Bind that ends too soon
        b"B\0\0\0\5\0",
    ],
)
@pytest.mark.parametrize("before", [(), (PARSE,)])
def test_other_messages_break_the_protocol(
    client: Client, before: tuple[bytes, ...], message: bytes
) -> None:
    client.say(*before)
    with pytest.raises(ProtocolViolation):
        client.say(message)


def test_copy_data_breaks_the_protocol_where_messages_are_skipped_too(
    client: Client,
) -> None:
    client.say(PARSE_NONSENSE)
    with pytest.raises(ProtocolViolation, match="unsupported message type 'd'"):
        client.say(b"d\0\0\0\4")


MESSAGES = (
    *(PARSE, PARSE_S, PARSE_HELP, PARSE_PAUSE, PARSE_NOTHING, PARSE_POOLS),
    *(PARSE_NONSENSE, BIND, BIND_S, BIND_P, BIND_BINARY, BIND_X, DESCRIBE_STATEMENT),
    *(DESCRIBE_S, DESCRIBE_PORTAL, EXECUTE, EXECUTE_ONE, EXECUTE_P, EXECUTE_P_ONE),
    *(CLOSE_STATEMENT, CLOSE_S, CLOSE_PORTAL, FLUSH, SYNC, QUERY, QUERY_NONSENSE),
)


@given(st.lists(st.sampled_from(MESSAGES), max_size=40))
def test_whatever_comes_each_exchange_has_one_end(messages: list[bytes]) -> None:
    with staged() as stage:
        client, failed = Client(stage), False
        for message in messages:
            kinds = taken_apart(client.say(message)).kinds
            if message == SYNC:
                assert kinds == "Z"
                failed = False
            elif failed:
                assert kinds == ""
            elif message in {QUERY, QUERY_NONSENSE}:
                assert kinds.endswith("Z")
                assert kinds.count("Z") == 1
            else:
                assert "Z" not in kinds
                failed = kinds.endswith("E")


# Commands that wait, and that are put off


def test_what_need_not_wait_is_answered_at_once(client: Client) -> None:
    answered = CommandComplete(b"PAUSE").encode()
    assert client.say(PARSE_PAUSE, BIND, EXECUTE) == PARSED + BOUND + answered


def test_a_wait_in_a_batch_ends_with_the_tag_alone(
    stage: Stage, client: Client
) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    assert client.say(PARSE_PAUSE, BIND, EXECUTE) == PARSED + BOUND
    waiting = client.replies[-1].waiting
    assert waiting is not None
    answered = client.conversation.complete(waiting)
    assert answered == CommandComplete(b"PAUSE").encode()
    assert client.say(SYNC) == READY


def test_a_wait_in_vain_fails_its_batch(stage: Stage, client: Client) -> None:
    pool = stage.pool()
    stage.server(pool, stage.client(pool))
    client.say(PARSE_PAUSE, BIND, EXECUTE)
    assert taken_apart(client.conversation.refuse(cancelled())).kinds == "E"
    assert client.say(PARSE, BIND, EXECUTE) == b""
    assert client.say(SYNC) == READY


def test_what_ends_the_session_is_put_off_to_the_end_of_the_batch(
    client: Client,
) -> None:
    # statement, text, number of parameter types
    parse = b"P\0\0\0\x22\0SHUTDOWN WAIT_FOR_CLIENTS\0\0\0"
    answered = CommandComplete(b"SHUTDOWN").encode()
    assert client.say(parse, BIND, EXECUTE) == PARSED + BOUND + answered
    assert client.replies[-1].then is None
    assert client.say(SYNC) == READY
    assert client.desk.pooler.stopping is Stopping.NO
    (reply,) = client.replies
    assert reply.then is not None
    reply.then()
    assert client.desk.pooler.stopping is not Stopping.NO


def test_what_was_put_off_is_done_if_the_end_never_comes(client: Client) -> None:
    client.say(b"P\0\0\0\x22\0SHUTDOWN WAIT_FOR_CLIENTS\0\0\0", BIND, EXECUTE)
    client.conversation.leave()
    assert client.desk.pooler.stopping is not Stopping.NO


# Counts


def test_a_batch_counts_once_and_so_does_a_query(client: Client) -> None:
    client.say(PARSE, BIND, EXECUTE, BIND, EXECUTE, SYNC, QUERY)
    counters = client.desk.counters
    assert (counters.query_count, counters.xact_count) == (2, 2)
    assert (counters.client_parse_count, counters.bind_count) == (1, 2)
