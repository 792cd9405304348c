"""What a text with names of prepared statements takes, and what it does."""

from pgwire.classification import Touch
from pgwire.names_in_text import Change, NamesInText, names_in_text
from pgwire.statement import Statement, StatementBook
from tests.pgwire.session_names import classify

BOOK = StatementBook(200)
P = BOOK.of(b"SELECT 1\0\0\0", b"")
Q = BOOK.of(b"SELECT 2\0\0\0", b"")
NEW = BOOK.of_sql(b" AS SELECT 3", b"", harmless=True)
# What the protocol prepared, with the names that are in it; and what is run instead.
DROP = BOOK.of(b"DEALLOCATE p\0\0\0", b"")
FORM = BOOK.of(b"DEALLOCATE " + P.name + b"\0\0\0", b"")
# All known, and one that its server has under the client's own name.
OWN: dict[bytes, Statement | None] = {b"p": P, b"q": Q, b"drop": DROP, b"mine": None}


def no_form(statement: Statement) -> None:
    return None


def form(statement: Statement) -> tuple[Statement, NamesInText] | None:
    return (FORM, look(b"DEALLOCATE p")) if statement is DROP else None


def look(text: bytes) -> NamesInText:
    return names_in_text(classify(text), text, OWN, lambda _: NEW, form)


def test_a_new_statement_gets_the_servers_name() -> None:
    tails: list[bytes] = []

    def make(tail: bytes) -> Statement:
        tails.append(tail)
        return NEW

    text = b"PREPARE n (int) AS SELECT $1"
    names = names_in_text(classify(text), text, OWN, make, no_form)
    assert tails == [b" (int) AS SELECT $1"]
    assert names.renamed.text == b"PREPARE " + NEW.name + b" (int) AS SELECT $1"
    assert names.changes == (Change(Touch.PREPARE, b"n", NEW),)
    assert (names.needed, names.taken, names.unknown) == ((), (), ())


def test_a_name_that_is_in_use_is_taken_on_the_server() -> None:
    names = look(b"PREPARE p AS SELECT 3")
    assert names.renamed.text == b"PREPARE " + P.name + b" AS SELECT 3"
    assert names.taken == (P,)
    assert not names.changes


def test_what_is_executed_is_needed() -> None:
    names = look(b"EXECUTE p (1)")
    assert names.renamed.text == b"EXECUTE " + P.name + b" (1)"
    assert (names.needed, names.changes, names.unseen) == ((P,), (), False)


def test_what_is_dropped_may_be_anything() -> None:
    names = look(b"DEALLOCATE p")
    assert names.renamed.text == b"DEALLOCATE " + P.name
    assert names.taken == (P,)
    assert names.changes == (Change(Touch.DEALLOCATE, b"p", None),)


def test_what_is_not_known_is_to_be_missing() -> None:
    for text in (b"EXECUTE n", b"DEALLOCATE n"):
        names = look(text)
        assert names.renamed.text == text
        assert names.unknown == (b"n",)
        assert not names.changes


def test_what_the_server_has_under_the_clients_name_is_left_alone() -> None:
    names = look(b"EXECUTE mine")
    assert names == NamesInText(names.renamed, unseen=True)
    assert names.renamed.text == b"EXECUTE mine"
    names = look(b"DEALLOCATE mine")
    assert names.changes == (Change(Touch.DEALLOCATE, b"mine", None),)
    assert not look(b"PREPARE mine AS SELECT 3").changes


def test_beside_statements_without_names_it_is_as_if_it_was_alone() -> None:
    tails: list[bytes] = []

    def make(tail: bytes) -> Statement:
        tails.append(tail)
        return NEW

    text = b"BEGIN; PREPARE n AS SELECT 3; COMMIT"
    names = names_in_text(classify(text), text, OWN, make, no_form)
    assert tails == [b" AS SELECT 3"]
    assert names.renamed.text == b"BEGIN; PREPARE " + NEW.name + b" AS SELECT 3; COMMIT"
    assert names.changes == (Change(Touch.PREPARE, b"n", NEW),)


def test_beside_what_may_change_how_it_is_read_it_keeps_the_clients_name() -> None:
    text = b"unseen; PREPARE n AS SELECT 3"
    names = look(text)
    assert names.renamed.text == text
    assert names.changes == (Change(Touch.PREPARE, b"n", None),)


def test_one_of_several_statements_keeps_the_clients_name() -> None:
    text = b"PREPARE n AS SELECT 3; EXECUTE n; DEALLOCATE n"
    names = look(text)
    assert names.renamed.text == text
    assert names.unknown == (b"n",)
    assert names.changes == (
        Change(Touch.PREPARE, b"n", None),
        Change(Touch.DEALLOCATE, b"n", None),
    )


def test_a_name_means_what_the_text_has_made_of_it() -> None:
    names = look(b"DEALLOCATE p; PREPARE p AS SELECT 3; EXECUTE p; EXECUTE q")
    assert (
        names.renamed.text
        == (b"DEALLOCATE " + P.name + b"; PREPARE p AS SELECT 3; EXECUTE p; EXECUTE ")
        + Q.name
    )
    assert (names.taken, names.needed) == ((P,), (Q,))


def test_behind_the_end_of_all_nothing_is_known() -> None:
    text = b"DEALLOCATE ALL; PREPARE p AS SELECT 3; EXECUTE q"
    names = look(text)
    assert names.renamed.text == text
    assert (names.taken, names.needed) == ((), ())
    assert names.changes == (Change(Touch.PREPARE, b"p", None),)


def test_what_is_executed_does_to_names_what_its_own_text_does() -> None:
    names = look(b"EXECUTE drop")
    assert names.renamed.text == b"EXECUTE " + FORM.name
    assert (names.needed, names.taken) == ((FORM,), (P,))
    assert names.changes == (Change(Touch.DEALLOCATE, b"p", None),)
    assert names.pointed == look(b"DEALLOCATE p").renamed


def test_it_does_so_beside_statements_without_names() -> None:
    names = look(b"BEGIN; EXECUTE drop; SELECT 1")
    assert names.renamed.text == b"BEGIN; EXECUTE " + FORM.name + b"; SELECT 1"
    assert (names.needed, names.taken) == ((FORM,), (P,))
    assert names.changes == (Change(Touch.DEALLOCATE, b"p", None),)
    # Errors may be about the text itself.
    assert names.pointed is None


def test_beside_statements_that_touch_more_what_is_executed_is_not_looked_into() -> (
    None
):
    for other in (b"EXECUTE drop", b"EXECUTE q", b"DEALLOCATE ALL"):
        names = look(b"EXECUTE drop; " + other)
        assert names.renamed.text.startswith(b"EXECUTE " + DROP.name)
        assert names.needed[0] is DROP
