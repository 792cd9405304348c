"""SET, RESET, set_config: what is set stays set, for the client that has set it."""

from tests.integration.state.scene import Voice


def a_value_is_kept(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'")
    other("SHOW work_mem")
    other("SET work_mem = '9MB'")
    one("SHOW work_mem")
    other("SHOW work_mem")
    one("RESET work_mem")
    other("SHOW work_mem")
    one("SHOW work_mem")
    other("SET work_mem TO DEFAULT")
    one("SHOW work_mem")
    other("SHOW work_mem")


def a_search_path_is_kept_to_the_letter(one: Voice, other: Voice) -> None:
    for path in ('side,   "$user", public', '"Odd, ""Name""", side', "''", "'side'"):
        one(f"SET search_path = {path}")
        other("SHOW search_path")
        one("SHOW search_path")
        one("SELECT schema FROM here")
        other("SELECT schema FROM here")
    one("SELECT set_config('search_path', 'side,  public', false)")
    other("SHOW search_path")
    one("SHOW search_path")
    one("SELECT schema FROM here")


def a_search_path_that_leads_nowhere_is_no_error(one: Voice, other: Voice) -> None:
    one("SET search_path = missing, absent")
    other("SELECT schema FROM here")
    one("SELECT schema FROM here")
    one("SHOW search_path")
    one("CREATE TABLE lost ()")
    other("SELECT schema FROM here")


def a_schema_is_set(one: Voice, other: Voice) -> None:
    one("SET SCHEMA 'side'")
    other("SELECT current_schema()")
    one("SELECT current_schema(), schema FROM here")
    one("DROP SCHEMA side CASCADE")
    other("SELECT current_schema()")
    one("SELECT current_schema()")
    one("SHOW search_path")


def set_config_sets_for_the_session_or_the_transaction(
    one: Voice, other: Voice
) -> None:
    one("SELECT set_config('work_mem', '7MB', false)")
    other("SHOW work_mem")
    one("SELECT set_config('work_mem', '8MB', true)")
    one("SHOW work_mem")
    one("BEGIN; SELECT set_config('work_mem', '9MB', true); SHOW work_mem; COMMIT")
    other("SHOW work_mem")
    one("SHOW work_mem")


def set_config_has_its_name_from_a_parameter(one: Voice, other: Voice) -> None:
    set_it = "SELECT set_config($1, $2, $3::bool)"
    one.ask(set_it, b"work_mem", b"7MB", b"f")
    other.ask("SHOW work_mem")
    one.ask(set_it, b"statement_timeout", b"30s", b"f")
    one.ask(set_it, b"lock_timeout", b"30s", b"t")
    other.ask(set_it, b"work_mem", b"nonsense", b"f")
    for voice in (other, one):
        voice("SHOW work_mem")
        voice("SHOW statement_timeout")
        voice("SHOW lock_timeout")


def set_config_has_its_name_from_a_row(one: Voice, other: Voice) -> None:
    names = "(VALUES ('work_mem'), ('temp_buffers')) AS v (name)"
    one(f"SELECT set_config(name, '3MB', false) FROM {names}")
    other("SHOW work_mem")
    other("SHOW temp_buffers")
    one("SHOW work_mem")
    one("SHOW temp_buffers")


def set_config_is_called_where_it_is_not_expected(one: Voice, other: Voice) -> None:
    one(
        "EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) "
        "SELECT pg_catalog.set_config('work_mem', '3MB', false)"
    )
    other("SHOW work_mem")
    one("SHOW work_mem")
    one("COPY (SELECT \"set_config\"('work_mem', '4MB', false)) TO STDOUT")
    other("SHOW work_mem")
    one("SHOW work_mem")
    one("CREATE TABLE made AS SELECT set_config('work_mem', '5MB', false)")
    other("SHOW work_mem")
    one("SHOW work_mem")
    one("WITH w AS (SELECT set_config('work_mem', '6MB', false)) TABLE w")
    other("SHOW work_mem")
    one("SHOW work_mem")


def pg_settings_is_updated(one: Voice, other: Voice) -> None:
    one("UPDATE pg_settings SET setting = '3000' WHERE name = 'work_mem'")
    other("SHOW work_mem")
    one("SHOW work_mem")


def a_function_sets_what_is_reported(one: Voice, other: Voice) -> None:
    one("SELECT sets('TimeZone', 'Asia/Tokyo')")
    other("SHOW TimeZone")
    one("SHOW TimeZone")
    other("SELECT in_tokyo()")
    other("SHOW TimeZone")
    one("SHOW TimeZone")


def a_block_sets_something(one: Voice, other: Voice) -> None:
    one("DO $$ BEGIN SET work_mem = '7MB'; SET TimeZone = 'Asia/Tokyo'; END $$")
    other("SHOW work_mem")
    other("SHOW TimeZone")
    one("SHOW work_mem")
    one("SHOW TimeZone")
    one("DO $$ BEGIN PERFORM set_config('search_path', 'side', false); END $$")
    other("SELECT schema FROM here")
    one("SELECT schema FROM here")
    one("DO $$ BEGIN RESET work_mem; SET LOCAL search_path = absent; END $$")
    one("SHOW work_mem")
    other("SELECT schema FROM here")
    one("SELECT schema FROM here")


def a_block_that_fails_sets_nothing(one: Voice, other: Voice) -> None:
    one("DO $$ BEGIN SET work_mem = '7MB'; RAISE 'enough'; END $$")
    other("SHOW work_mem")
    one("SHOW work_mem")
    one(
        "DO $$ BEGIN BEGIN SET work_mem = '7MB'; RAISE 'enough'; "
        "EXCEPTION WHEN OTHERS THEN SET temp_buffers = '3MB'; END; END $$"
    )
    for voice in (other, one):
        voice("SHOW work_mem")
        voice("SHOW temp_buffers")


def a_procedure_sets_commits_and_fails(one: Voice, other: Voice) -> None:
    one("CALL sets_and_commits()")
    other("SHOW work_mem")
    one("SHOW work_mem")


def several_parameters_are_set(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'; SET statement_timeout = '40s'; SET TimeZone = 'EST'")
    other("SET enable_seqscan = off; SET DateStyle = German")
    for voice in (other, one, other, one):
        for name in ("work_mem", "statement_timeout", "enable_seqscan"):
            voice(f"SHOW {name}")
        voice("SELECT '2020-02-01 00:00+00'::timestamptz")
    one("RESET ALL")
    for voice in (other, one):
        voice("SHOW work_mem")
        voice("SELECT '2020-02-01 00:00+00'::timestamptz")


def a_value_is_refused(one: Voice, other: Voice) -> None:
    one("SET work_mem = '7MB'")
    one("SET work_mem = 'nonsense'")
    one("SET TimeZone = 'Nowhere/Never'")
    one("SET no_such_parameter = 1")
    one("SET block_size = 1")
    other("SHOW work_mem")
    one("SHOW work_mem")
    one("SHOW TimeZone")


def other_ways_to_write_set(one: Voice, other: Voice) -> None:
    one("SET TIME ZONE 'Asia/Tokyo'")
    other("SET TIME ZONE INTERVAL '+05:30' HOUR TO MINUTE")
    one("SHOW TimeZone")
    other("SHOW TimeZone")
    one("SET TIME ZONE LOCAL")
    other("SHOW TimeZone")
    one("SHOW TimeZone")
    one("/* a */ sEt -- b\n SESSION Work_Mem\n=\t'7MB' ;; ")
    other("SHOW work_mem")
    one("SHOW work_mem")
    one("SET XML OPTION DOCUMENT")
    other("SHOW xmloption")
    one("SHOW xmloption")


def characteristics_are_those_of_the_session(one: Voice, other: Voice) -> None:
    one(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, "
        "READ ONLY"
    )
    other("SHOW transaction_isolation")
    other("CREATE TABLE written ()")
    one("SHOW transaction_isolation")
    one("CREATE TABLE refused ()")
    one("BEGIN READ WRITE; CREATE TABLE taken (); COMMIT")
    one("SET default_transaction_read_only = off")
    other("SHOW default_transaction_isolation")
    one("DROP TABLE written")


def names_are_sent_in_the_clients_encoding(one: Voice, other: Voice) -> None:
    one("SET NAMES 'LATIN1'")
    other("SELECT chr(228)")
    one("SELECT chr(228)")
    other("SHOW client_encoding")
    one("SHOW client_encoding")
    one("SET NAMES DEFAULT")
    one("SELECT chr(228)")
    other("SELECT chr(228)")


def a_timeout_is_that_of_its_client(one: Voice, other: Voice) -> None:
    one("SET statement_timeout = '30ms'")
    other("SELECT pg_sleep(0.1)")
    one("SELECT pg_sleep(30)")
    other("SHOW statement_timeout")
    one("RESET statement_timeout")
    one("SELECT pg_sleep(0.1)")


def a_limit_of_idleness_is_its_clients(one: Voice, other: Voice) -> None:
    other("SELECT 1")
    one("SET idle_session_timeout = '10s'")
    one("SHOW idle_session_timeout")
    other("SHOW idle_session_timeout")
    one("SHOW idle_session_timeout")
    one("RESET idle_session_timeout")
    other("SHOW idle_session_timeout")
    one("SHOW idle_session_timeout")


def a_parameter_has_a_dot(one: Voice, other: Voice) -> None:
    mine = "SELECT nullif(current_setting('my.word', true), '')"
    one(r"SET my.word = E'it''s \\ \u00e4'")
    other(mine)
    one(mine)
    other("SET my.word TO 'other'")
    one(mine)
    one("SELECT set_config('my.word', 'more', false), set_config('my.b', '1', false)")
    other(mine)
    one(mine)
    one("RESET my.word")
    other(mine)
    one(mine)
    one("SELECT current_setting('my.b')")
    other("DISCARD ALL")
    other(mine)
    one("SELECT current_setting('my.b')")


def a_parameter_with_a_dot_is_rolled_back(one: Voice, other: Voice) -> None:
    mine = "SELECT nullif(current_setting('my.word', true), '')"
    one("BEGIN; SET my.word = 'a'; ROLLBACK")
    one(mine)
    one("BEGIN; SET my.word = 'b'; SAVEPOINT s; SET my.word = 'c'; ROLLBACK TO s; END")
    other(mine)
    one(mine)
    other("BEGIN; SET LOCAL my.word = 'd'; COMMIT")
    other(mine)
    one(mine)


def what_is_set_is_what_literals_are_read_by(one: Voice, other: Voice) -> None:
    one("SET DateStyle = 'ISO, DMY'")
    other("SET standard_conforming_strings = off; SET escape_string_warning = off")
    for _ in range(2):
        one("SELECT date '02/03/2020', 'a\\b'")
        other("SELECT date '02/03/2020', 'a\\\\b'")
    one.ask("SELECT date '02/03/2020'")
    other.ask("SELECT date '02/03/2020'")
