"""SET: a setting is changed, or the reason told why not."""

import logging
from collections.abc import Callable

import pytest

from pgpool_py.config.setting import changed
from tests.admin.dialogue import Dialogue, attached
from tests.pooler.staging import Stage


def changing(stage: Stage) -> Callable[[str, str], None]:
    """Return what gives the pooler on the stage another setting."""

    def change(name: str, text: str) -> None:
        pooler = stage.pooler
        pooler.reload(changed(pooler.settings, name, text), pooler.context.secrets)

    return change


@pytest.fixture
def admin(stage: Stage) -> Dialogue:
    console = attached(stage, change=changing(stage))
    dialogue = Dialogue(stage, console, admin=True)
    dialogue.receive()
    return dialogue


def test_a_setting_is_changed_and_shown(stage: Stage, admin: Dialogue) -> None:
    answer = admin.ask("SET max_client_conn = 7")
    assert (answer.kinds, answer.tags) == ("CZ", ["SET max_client_conn=7"])
    assert stage.pooler.settings.max_client_conn == 7
    shown = {row["key"]: row["value"] for row in admin.ask("SHOW CONFIG").table}
    assert shown["max_client_conn"] == "7"


def test_pools_that_are_there_follow(stage: Stage, admin: Dialogue) -> None:
    pool = stage.pool()
    admin.ask("SET default_pool_size = 3")
    assert pool.books.sizes.size == 3
    own, shop = admin.ask("SHOW DATABASES").table
    assert (own["pool_size"], shop["pool_size"]) == ("2", "3")


@pytest.mark.parametrize(
    ("text", "tag", "value"),
    [
        ("SET Server_Reset_Query TO ''", "SET Server_Reset_Query=", ""),
        ("set server_reset_query = 'a ''b'''", "SET server_reset_query=a 'b'", "a 'b'"),
    ],
)
def test_the_tag_has_key_and_value_as_they_were_given(
    stage: Stage, admin: Dialogue, text: str, tag: str, value: str
) -> None:
    assert admin.ask(text).tags == [tag]
    assert stage.pooler.settings.server_reset_query == value


@pytest.mark.parametrize(
    ("text", "detail", "hint"),
    [
        (
            "SET listen_port = 1",
            "listen_port cannot change without a restart",
            "Change it in the configuration file and restart.",
        ),
        ("SET verbos = 1", 'unknown setting "verbos" (did you mean "verbose"?)', None),
        (
            "SET query_timeout = soon",
            'query_timeout: "soon" is not a number of seconds',
            None,
        ),
    ],
)
def test_what_cannot_be_set_is_an_error_that_says_why(
    stage: Stage, admin: Dialogue, text: str, detail: str, hint: str | None
) -> None:
    before = stage.pooler.settings
    error = admin.ask(text).error
    assert (error.message, error.sqlstate) == ("SET failed", "08P01")
    assert error.fields["S"] == "ERROR"
    assert error.fields["D"].startswith(detail)
    assert error.fields.get("H") == hint
    assert stage.pooler.settings is before


def test_what_has_no_effect_is_taken_with_a_notice(admin: Dialogue) -> None:
    answer = admin.ask("SET sbuf_loopcnt = 7")
    assert (answer.kinds, answer.tags) == ("NCZ", ["SET sbuf_loopcnt=7"])
    assert answer.notices[0].message == "sbuf_loopcnt has no effect in this version"


def test_a_change_is_logged_without_its_value(
    admin: Dialogue, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgpool_py")
    admin.ask("SET auth_ldap_options = 'ldapbindpasswd=hunter2'")
    assert caplog.messages == ["SET 'auth_ldap_options' command issued"]


def test_who_may_only_look_changes_nothing(stage: Stage) -> None:
    console = attached(stage, change=changing(stage))
    dialogue = Dialogue(stage, console, admin=False)
    dialogue.receive()
    assert dialogue.ask("SET verbose = 1").error.message == "admin access needed"
    assert stage.pooler.settings.verbose == 0
