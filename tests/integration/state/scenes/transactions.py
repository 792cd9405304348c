"""What is set in a transaction lasts as that ends, savepoints among it."""

from tests.integration.state.scene import Voice


def _show(*voices: Voice) -> None:
    for voice in voices:
        voice("SHOW work_mem")
        voice("SHOW search_path")


def a_commit_keeps_it(one: Voice, other: Voice) -> None:
    one("BEGIN")
    one("SET work_mem = '7MB'")
    one("SET search_path = side")
    one("SELECT schema FROM here")
    one("COMMIT")
    _show(other, one, other, one)


def a_rollback_takes_it_back(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'")
    one("BEGIN")
    one("SET work_mem = '8MB'")
    one("SET search_path = side")
    _show(one)
    one("ROLLBACK")
    _show(other, one, other, one)


def an_error_takes_it_back(one: Voice, other: Voice) -> None:
    one("BEGIN")
    one("SET work_mem = '7MB'")
    one("SELECT 1 / 0")
    one("SET work_mem = '8MB'")
    one("COMMIT")
    _show(other, one)
    one("SET work_mem = '9MB'; SELECT 1 / 0")
    _show(other, one)
    one("SET work_mem = '9MB'; COMMIT; SET search_path = side; SELECT 1 / 0")
    _show(other, one)


def a_deferred_constraint_takes_it_back(one: Voice, other: Voice) -> None:
    one("CREATE TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    one("BEGIN; SET work_mem = '7MB'; INSERT INTO t VALUES (1), (1)")
    one("COMMIT")
    _show(other, one)
    one("SET work_mem = '7MB'; INSERT INTO t VALUES (1), (1)")
    _show(other, one)


def a_savepoint_keeps_a_part(one: Voice, other: Voice) -> None:
    one("BEGIN; SET work_mem = '7MB'; SAVEPOINT s")
    one("SET work_mem = '8MB'; SET search_path = side")
    _show(one)
    one("ROLLBACK TO s")
    _show(one)
    one("SAVEPOINT t; SET search_path = absent; RELEASE t; COMMIT")
    _show(other, one, other, one)


def a_failed_set_goes_with_its_savepoint(one: Voice, other: Voice) -> None:
    one("BEGIN; SAVEPOINT s")
    one("SET work_mem = 'nonsense'")
    one("ROLLBACK TO s")
    one("SET work_mem = '7MB'; SAVEPOINT s; SET search_path = side")
    one("SELECT 1 / 0")
    one("ROLLBACK TO s; RELEASE s")
    one("COMMIT")
    _show(other, one)


def savepoints_of_one_name(one: Voice, other: Voice) -> None:
    one("BEGIN; SAVEPOINT s; SET work_mem = '7MB'; SAVEPOINT s")
    one("SET work_mem = '8MB'; SET search_path = side; ROLLBACK TO s; RELEASE s")
    _show(one)
    one("ROLLBACK TO s")
    _show(one)
    one("SET search_path = side; COMMIT")
    _show(other, one)


def what_is_local_ends_with_the_transaction(one: Voice, other: Voice) -> None:
    one("SET LOCAL work_mem = '7MB'")
    one("BEGIN; SET LOCAL work_mem = '7MB'; SET LOCAL search_path = side")
    one("SELECT schema FROM here")
    one("COMMIT")
    _show(other, one)
    one("BEGIN; SET work_mem = '8MB'; SET LOCAL work_mem = '9MB'; SHOW work_mem; END")
    _show(other, one)
    one("BEGIN; SET LOCAL work_mem = '9MB'; SET work_mem = '10MB'; SHOW work_mem; END")
    _show(other, one)
    one("BEGIN; SET LOCAL work_mem = '9MB'; RESET work_mem; COMMIT")
    _show(other, one)


def a_transaction_is_set(one: Voice, other: Voice) -> None:
    one("BEGIN; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY")
    one("SHOW transaction_isolation")
    one("CREATE TABLE refused ()")
    one("COMMIT")
    other("SHOW transaction_isolation")
    one("SHOW transaction_isolation")
    one("CREATE TABLE taken ()")


def a_chain_goes_on(one: Voice, other: Voice) -> None:
    one("BEGIN; SET work_mem = '7MB'; COMMIT AND CHAIN")
    one("SET work_mem = '8MB'; ROLLBACK AND CHAIN")
    _show(one)
    one("SET search_path = side; COMMIT")
    _show(other, one)


def reset_all_is_rolled_back(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'; SET search_path = side")
    one("BEGIN; RESET ALL")
    _show(one)
    one("ROLLBACK")
    _show(other, one)
    one("BEGIN; RESET ALL; COMMIT")
    _show(other, one)


def discard_all_is_refused_in_a_transaction(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'")
    one("BEGIN")
    one("DISCARD ALL")
    one("ROLLBACK")
    _show(other, one)
    one("DISCARD ALL")
    _show(other, one)


def batches_set_and_fail(one: Voice, other: Voice) -> None:
    one.batch("SET work_mem = '7MB'", "SHOW work_mem")
    _show(other, one)
    one.batch("SET work_mem = '8MB'", "SELECT 1 / 0", "SET search_path = side")
    _show(other, one)
    one.batch("BEGIN", "SET work_mem = '9MB'")
    one.batch("SET search_path = side", "SELECT schema FROM here")
    one.batch("COMMIT")
    _show(other, one)
    one.batch("RESET ALL", "SET work_mem = '10MB'")
    _show(other, one)


def queries_follow_each_other_at_once(one: Voice, other: Voice) -> None:
    one.at_once("SET work_mem = '7MB'", "SHOW work_mem", "SET search_path = side")
    other.at_once("SHOW work_mem", "SELECT schema FROM here")
    one.at_once("SHOW work_mem", "SELECT schema FROM here")
    one.at_once(
        "BEGIN", "SET work_mem = '8MB'", "ROLLBACK", "SHOW work_mem", "RESET ALL"
    )
    other.at_once("SHOW work_mem", "SET work_mem = 'nonsense'", "SHOW work_mem")
    one.at_once("SHOW work_mem", "SELECT schema FROM here")


def a_client_vanishes_in_the_middle(one: Voice, other: Voice) -> None:
    one("BEGIN; SET work_mem = '7MB'; SET search_path = side")
    one.leave()
    _show(other)
    one("BEGIN; SET work_mem = '7MB'; SAVEPOINT s; SET TimeZone = 'Asia/Tokyo'")
    one("SELECT 1 / 0")
    one.leave()
    _show(other, one)
    other("SHOW TimeZone")


def a_client_vanishes_with_what_it_has_set(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'; SET search_path = side")
    one("DO $$ BEGIN SET TimeZone = 'Asia/Tokyo'; END $$")
    one.leave()
    _show(other, one)
    other("SHOW TimeZone")
    one("SET work_mem = '7MB'")
    one.go()
    _show(other, one)
