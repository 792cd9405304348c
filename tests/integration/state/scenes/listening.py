"""LISTEN and NOTIFY: who listens hears, in order, and nobody else."""

from tests.integration.state.scene import Voice


def a_listener_hears(one: Voice, other: Voice) -> None:
    one("LISTEN news")
    other("NOTIFY news, 'first'")
    other("SELECT pg_notify('news', 'second')")
    one.hears(2)
    other("LISTEN news")
    one("NOTIFY news, 'own'")
    one.hears(1)
    other.hears(1)
    other("NOTIFY news")
    one.hears(1)
    other.hears(1)


def a_listener_hears_no_more(one: Voice, other: Voice) -> None:
    one('LISTEN "a b"; LISTEN news; LISTEN NEWS')
    other("UNLISTEN news")
    other("NOTIFY \"a b\", '1'; NOTIFY news, '2'")
    one.hears(2)
    one('UNLISTEN "a b"')
    other("NOTIFY \"a b\", '3'; NOTIFY news, '4'")
    one.hears(1)
    one('LISTEN "a b"; UNLISTEN *')
    one("LISTEN last")
    other("NOTIFY \"a b\", '5'; NOTIFY news, '6'; NOTIFY last, '7'")
    one.hears(1)


def a_transaction_decides(one: Voice, other: Voice) -> None:
    one("LISTEN last")
    one("BEGIN; LISTEN news; ROLLBACK")
    other("NOTIFY news, '1'; NOTIFY last, '2'")
    one.hears(1)
    one("BEGIN; LISTEN news; COMMIT")
    other("BEGIN; NOTIFY news, '3'; ROLLBACK")
    other("NOTIFY news, '4'; NOTIFY news, '4'; NOTIFY last, '5'")
    one.hears(2)
    for text in ("BEGIN", "UNLISTEN news", "ROLLBACK"):
        one(text)
    other("NOTIFY news, '6'")
    one.hears(1)
    for text in ("BEGIN", "UNLISTEN *", "COMMIT", "LISTEN last"):
        one(text)
    other("NOTIFY news, '7'; NOTIFY last, '8'")
    one.hears(1)


def a_failed_transaction_listens_to_nothing(one: Voice, other: Voice) -> None:
    one("LISTEN last")
    one("LISTEN news; SELECT 1 / 0")
    one("BEGIN; LISTEN news; SELECT 1 / 0")
    one("LISTEN news")
    one("COMMIT")
    other("NOTIFY news, '1'; NOTIFY last, '2'")
    one.hears(1)


def all_is_discarded(one: Voice, other: Voice) -> None:
    one("LISTEN news")
    one("DISCARD ALL")
    one("LISTEN last")
    other("NOTIFY news, '1'; NOTIFY last, '2'")
    one.hears(1)


def the_extended_protocol_listens(one: Voice, other: Voice) -> None:
    one("LISTEN news")
    other("NOTIFY news")
    one.hears(1)
    one.ask("LISTEN more")
    other.ask("SELECT pg_notify($1, 'by a parameter')", b"more")
    one.hears(1)


def a_client_vanishes_that_listened(one: Voice, other: Voice) -> None:
    one("LISTEN news")
    other("LISTEN last")
    one.leave()
    one("LISTEN last")
    one("NOTIFY news, '1'; NOTIFY last, '2'")
    one.hears(1)
    other.hears(1)
