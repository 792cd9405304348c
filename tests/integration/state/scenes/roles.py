"""SET ROLE and SET SESSION AUTHORIZATION: who a client is, nobody else becomes."""

from tests.integration.state.scene import Voice

_WHO = "SELECT current_user, session_user"


def _who(*voices: Voice) -> None:
    for voice in voices:
        voice(_WHO)
        voice("SHOW role")
        voice("SHOW is_superuser")


def a_role_is_its_clients(one: Voice, other: Voice) -> None:
    one("SET ROLE reader")
    _who(other, one)
    one("SELECT rolname FROM pg_authid WHERE rolname = 'reader'")
    other("SELECT rolname FROM pg_authid WHERE rolname = 'reader'")
    other("SET ROLE writer")
    _who(one, other)
    one("RESET ROLE")
    _who(other, one)
    other("SET ROLE NONE")
    _who(one, other)


def a_session_has_another_user(one: Voice, other: Voice) -> None:
    one("SET SESSION AUTHORIZATION reader")
    _who(other, one)
    one("CREATE TABLE made ()")
    one("SET ROLE writer")
    other("SELECT tableowner FROM pg_tables WHERE tablename = 'made'")
    _who(other, one)
    one("RESET SESSION AUTHORIZATION")
    _who(other, one)
    other("SET SESSION AUTHORIZATION writer")
    other("SET SESSION AUTHORIZATION DEFAULT")
    _who(one, other)


def a_user_and_a_role(one: Voice, other: Voice) -> None:
    one("SET SESSION AUTHORIZATION reader")
    one("SET ROLE writer")
    _who(other, one)
    other("SET ROLE reader")
    _who(one, other)
    one("RESET ROLE")
    _who(other, one)
    one("DISCARD ALL")
    _who(other, one)


def roles_within_transactions(one: Voice, other: Voice) -> None:
    one("BEGIN; SET LOCAL ROLE reader")
    _who(one)
    one("COMMIT")
    _who(other, one)
    one("BEGIN; SET ROLE reader; SAVEPOINT s; SET ROLE writer; ROLLBACK TO s; COMMIT")
    _who(other, one)
    one("BEGIN; SET ROLE writer; ROLLBACK")
    _who(other, one)
    one("BEGIN; SET LOCAL SESSION AUTHORIZATION writer; COMMIT")
    _who(other, one)


def a_role_by_other_words(one: Voice, other: Voice) -> None:
    one("SELECT set_config('role', 'reader', false)")
    _who(other, one)
    one("RESET ALL")
    _who(other, one)
    one("SET role = 'writer'")
    _who(other, one)
    one("DO $$ BEGIN SET ROLE reader; END $$")
    _who(other, one)
    one("SET role TO DEFAULT")
    _who(other, one)
    one("SET session_authorization = 'reader'")
    _who(other, one)


def a_role_that_is_refused(one: Voice, other: Voice) -> None:
    one("SET ROLE nobody_of_this_name")
    _who(other, one)
    one("SET SESSION AUTHORIZATION reader")
    one("SET ROLE postgres")
    one("SET SESSION AUTHORIZATION writer")
    _who(other, one)


def a_role_is_what_names_mean(one: Voice, other: Voice) -> None:
    other("CREATE SCHEMA reader CREATE TABLE here AS SELECT 'reader' AS schema")
    other("GRANT USAGE ON SCHEMA reader TO reader")
    other("GRANT SELECT ON ALL TABLES IN SCHEMA reader TO reader")
    one.parse("s", "SELECT schema FROM here")
    one("SET ROLE reader")
    other.ask("SELECT schema FROM here")
    one.ask("SELECT schema FROM here")
    one.bind("s")
    other("SELECT schema FROM here")
    one("RESET ROLE")
    one.bind("s")
    other("DROP SCHEMA reader CASCADE")


def a_client_vanishes_as_somebody(one: Voice, other: Voice) -> None:
    one("SET ROLE reader")
    one.leave()
    _who(other, one)
    one("BEGIN; SET SESSION AUTHORIZATION writer")
    one.leave()
    _who(other, one)
