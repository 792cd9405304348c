"""What a client sets with its startup packet is what it comes back to."""

from tests.integration.state.scene import Voice

_NAMES = ("work_mem", "search_path", "TimeZone", "statement_timeout")


def _show(*voices: Voice) -> None:
    for voice in voices:
        for name in _NAMES:
            voice(f"SHOW {name}")


def options_are_kept(one: Voice, other: Voice) -> None:
    one.enter(
        options="-c work_mem=5MB -c search_path=side,public --TimeZone=Asia/Tokyo"
    )
    other.enter(options="-c work_mem=6MB -cstatement_timeout=30s")
    _show(one, other, one, other)
    one("SELECT schema FROM here")
    other("SELECT schema FROM here")


def parameters_are_kept(one: Voice, other: Voice) -> None:
    one.enter(work_mem="5MB", search_path="side", application_name="mine")
    _show(other, one, other, one)
    other("SHOW application_name")
    one("SHOW application_name")


def what_is_reported_comes_back(one: Voice, other: Voice) -> None:
    one.enter(TimeZone="Asia/Tokyo", DateStyle="German", application_name="mine")
    other.enter(options="-c IntervalStyle=iso_8601")
    for way in ("RESET TimeZone", "RESET ALL", "DISCARD ALL", "SET TIME ZONE LOCAL"):
        one("SET TimeZone = 'EST'; SET DateStyle = 'ISO'; SET IntervalStyle = postgres")
        other("SET TimeZone = 'UTC'; SET application_name = 'other'")
        for voice in (one, other):
            voice("SELECT timestamptz '2020-02-01 00:00+00', interval '1 day'")
            voice(way)
            voice("SELECT timestamptz '2020-02-01 00:00+00', interval '1 day'")
            voice("SHOW application_name")
    one("BEGIN; SET TimeZone = 'EST'; ROLLBACK")
    other("SHOW TimeZone")
    one("SHOW TimeZone")


def reset_goes_back_to_the_clients_own(one: Voice, other: Voice) -> None:
    one.enter(options="-c work_mem=5MB -c search_path=side", TimeZone="Asia/Tokyo")
    one("SET work_mem = '7MB'")
    one("SET search_path = absent")
    _show(other, one)
    one("RESET work_mem")
    _show(other, one)
    one("SET search_path TO DEFAULT")
    one("SET TIME ZONE LOCAL")
    _show(other, one)


def reset_all_goes_back_to_the_clients_own(one: Voice, other: Voice) -> None:
    one.enter(options="-c work_mem=5MB -c search_path=side", TimeZone="Asia/Tokyo")
    one("SET work_mem = '7MB'; SET statement_timeout = '40s'; SET TimeZone = 'EST'")
    _show(other, one)
    one("RESET ALL")
    _show(one, other, one)


def discard_all_goes_back_to_the_clients_own(one: Voice, other: Voice) -> None:
    one.enter(options="-c work_mem=5MB -c search_path=side", TimeZone="Asia/Tokyo")
    one("SET work_mem = '7MB'; SET statement_timeout = '40s'; SET TimeZone = 'EST'")
    _show(other, one)
    one("DISCARD ALL")
    _show(one, other, one)
    one("SELECT schema FROM here")


def a_rollback_goes_back_to_the_clients_own(one: Voice, other: Voice) -> None:
    one.enter(options="-c work_mem=5MB -c search_path=side")
    one("BEGIN; SET work_mem = '7MB'; SET search_path = absent; ROLLBACK")
    _show(other, one)
    one("BEGIN; SET LOCAL work_mem = '7MB'; COMMIT")
    _show(other, one)


def a_dot_at_the_start(one: Voice, other: Voice) -> None:
    mine = "SELECT nullif(current_setting('my.word', true), '')"
    one.enter(options="-c my.word=hello")
    other(mine)
    one(mine)
    one("SET my.word = 'later'")
    other(mine)
    one(mine)
    one("RESET my.word")
    other(mine)
    one(mine)
    one("DISCARD ALL")
    one(mine)


def the_next_client_begins_afresh(one: Voice, other: Voice) -> None:
    one.enter(options="-c work_mem=5MB -c search_path=side")
    one("SET TimeZone = 'Asia/Tokyo'")
    one.go()
    _show(one, other)
