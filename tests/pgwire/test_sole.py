"""Which batches stand for themselves: one statement, run once to its end."""

import pytest

from pgwire.codes import Target
from pgwire.exchange import BIND, DESCRIBE, EXECUTE, FIRST, NOTED, PARSE
from pgwire.exchange import SYNC as SYNC_ENTRY
from pgwire.frontend import Bind, Close, Describe, Execute, Flush, Parse, Sync
from pgwire.sole import prepared_run, sole_statement, unnamed_run, with_name

SYNC = Sync().encode()
PARSED = PARSE | NOTED
RUN = Execute(b"").encode() + SYNC
PORTAL = Describe(Target.PORTAL, b"").encode()
TEXT = b"SELECT $1"


def parse(name: bytes = b"", text: bytes = TEXT) -> bytes:
    return Parse(name, text).encode()


def bind(name: bytes = b"", portal: bytes = b"") -> bytes:
    return Bind(portal, name).encode()


@pytest.mark.parametrize(
    ("batch", "found"),
    [
        (parse() + bind() + RUN, (TEXT, b"")),
        (parse() + bind() + PORTAL + RUN, (TEXT, b"")),
        (bind() + RUN, (None, b"")),
        # Not to its end: behind the Sync the portal is gone.
        (bind() + Execute(b"", 1).encode() + SYNC, (None, b"")),
        (bind(b"s") + RUN, (None, b"s")),
        (bind(b"s") + PORTAL + RUN, (None, b"s")),
        (parse(text=b"") + bind() + RUN, (b"", b"")),
        # With parameters: their formats, values, and the formats of results.
        (
            parse() + Bind(b"", b"", (1,), (b"\0\0\0\1", None), (1,)).encode() + RUN,
            (TEXT, b""),
        ),
    ],
)
def test_one_statement_that_is_bound_and_run(
    batch: bytes, found: tuple[bytes | None, bytes]
) -> None:
    assert sole_statement(batch) == found


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(SYNC, id="nothing"),
        pytest.param(parse() + SYNC, id="parsed only"),
        pytest.param(parse() + bind() + SYNC, id="not run"),
        pytest.param(parse(b"s") + bind(b"s") + RUN, id="named"),
        pytest.param(parse() + bind(b"s") + RUN, id="two statements"),
        pytest.param(bind(portal=b"p") + RUN, id="a named portal"),
        pytest.param(bind() + Execute(b"p").encode() + SYNC, id="another portal"),
        pytest.param(bind() + RUN + bind() + RUN, id="twice"),
        pytest.param(bind() + RUN[:-5], id="no Sync"),
        pytest.param(bind() + RUN[:-5] + Flush().encode(), id="Flush"),
        pytest.param(bind() + RUN[:-5] + RUN, id="run twice"),
        pytest.param(bind() + RUN + SYNC, id="two Syncs"),
        pytest.param(bind() + Flush().encode() + RUN, id="Flush between"),
        pytest.param(
            bind() + Close(Target.PORTAL, b"").encode() + RUN, id="Close between"
        ),
        pytest.param(parse() + parse() + bind() + RUN, id="parsed twice"),
        pytest.param(parse(), id="Parse alone"),
        pytest.param(bind(), id="Bind alone"),
        # Strings without an end.
        pytest.param(b"P\0\0\0\6\0S" + bind() + RUN, id="text without an end"),
        pytest.param(b"B\0\0\0\6\0s" + RUN, id="name without an end"),
        pytest.param(b"B\0\0\0\5\0" + RUN, id="no name"),
        pytest.param(b"P\0\0\0\4" + bind() + RUN, id="an empty Parse"),
    ],
)
def test_everything_else_may_matter_to_what_comes_behind_it(batch: bytes) -> None:
    assert sole_statement(batch) is None


def test_no_beginning_of_a_batch_stands_for_itself() -> None:
    messages = [parse(), bind(), PORTAL, Execute(b"").encode(), SYNC]
    assert sole_statement(b"".join(messages)) == (TEXT, b"")
    for count in range(1, len(messages)):
        assert sole_statement(b"".join(messages[:count])) is None


@pytest.mark.parametrize(
    ("run", "entries"),
    [
        (RUN, (BIND | FIRST, EXECUTE, SYNC_ENTRY)),
        (PORTAL + RUN, (BIND | FIRST, DESCRIBE, EXECUTE, SYNC_ENTRY)),
    ],
)
def test_what_drivers_send_to_run_a_prepared_statement_is_known(
    run: bytes, entries: tuple[int, ...]
) -> None:
    values = Bind(b"", b"s", (1,), (b"\0\0\0\1", None), (1,)).encode()
    assert prepared_run(values + run) == (b"s", entries)
    assert prepared_run(bind() + run) == (b"", entries)


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(parse(b"s") + bind(b"s") + RUN, id="a Parse"),
        pytest.param(bind(b"s", b"p") + RUN, id="a portal"),
        pytest.param(bind(b"s") + Execute(b"", 1).encode() + SYNC, id="a limit"),
        pytest.param(bind(b"s") + PORTAL * 2 + RUN, id="described twice"),
        pytest.param(bind(b"s") + RUN[:-1], id="no end"),
        pytest.param(bind(b"s") + RUN + SYNC, id="more"),
        pytest.param(b"B\0\0\0\x08\0sss" + RUN, id="a name without an end"),
        pytest.param(b"B\0\0\0\4" + RUN, id="no name"),
        pytest.param(b"B\0\0\0\0\0\0" + RUN, id="no length"),
        pytest.param(b"B", id="hardly anything"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_anything_else_is_not(batch: bytes) -> None:
    assert prepared_run(batch) is None


@pytest.mark.parametrize("new", [b"", b"s", b"a longer one"])
def test_a_run_may_be_made_one_of_another_statement(new: bytes) -> None:
    assert with_name(bind(b"old") + RUN, b"old", new) == bind(new) + RUN


@pytest.mark.parametrize(
    ("run", "entries"),
    [
        (RUN, (PARSED, BIND, EXECUTE, SYNC_ENTRY)),
        (PORTAL + RUN, (PARSED, BIND, DESCRIBE, EXECUTE, SYNC_ENTRY)),
    ],
)
def test_what_drivers_send_to_run_a_text_once_is_known(
    run: bytes, entries: tuple[int, ...]
) -> None:
    typed = Parse(b"", TEXT, (23,)).encode()
    values = Bind(b"", b"", (1,), (b"\0\0\0\1",), (1,)).encode()
    assert unnamed_run(typed + values + run) == (typed, entries)


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(parse(b"s") + bind(b"s") + RUN, id="a named one"),
        pytest.param(parse() + bind(b"s") + RUN, id="another is run"),
        pytest.param(parse() + bind(b"", b"p") + RUN, id="a portal"),
        pytest.param(parse() + PORTAL + RUN, id="no Bind"),
        pytest.param(parse() + bind() + RUN[:-1], id="no end"),
        pytest.param(parse() + bind() + RUN + SYNC, id="more"),
        pytest.param(parse(), id="parsed only"),
        pytest.param(bind() + RUN, id="not parsed"),
        pytest.param(b"P\0\0\0\4" + bind() + RUN, id="an empty Parse"),
        pytest.param(b"P\0\0\0\0\0\0" + bind() + RUN, id="no length"),
        pytest.param(b"P", id="hardly anything"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_anything_else_that_is_parsed_is_not(batch: bytes) -> None:
    assert unnamed_run(batch) is None
