"""SHOW CONFIG."""

from dataclasses import replace

from tests.admin.dialogue import opened
from tests.pooler.staging import Stage

Row = dict[str, str | None]

PGBOUNCERS = 100
# PgBouncer's CF_NO_RELOAD.
AT_START_ONLY = {
    "disable_pqexec",
    "job_name",
    "listen_addr",
    "listen_backlog",
    "listen_port",
    "pidfile",
    "pkt_buf",
    "resolv_conf",
    "so_reuseport",
    "track_extra_parameters",
    "unix_socket_dir",
    "unix_socket_group",
    "unix_socket_mode",
    "user",
}
NOT_SET = {
    "auth_dbname",
    "auth_file",
    "auth_ident_file",
    "auth_ldap_options",
    "auth_user",
    "client_tls13_ciphers",
    "conffile",
    "server_tls13_ciphers",
    "user",
    "verbose",
}


def config(stage: Stage) -> list[Row]:
    return opened(stage, admin=False).ask("SHOW CONFIG").table


def by_key(stage: Stage) -> dict[str | None, Row]:
    return {row["key"]: row for row in config(stage)}


def test_pgbouncers_settings_come_first_and_each_part_by_name(stage: Stage) -> None:
    keys = [row["key"] or "" for row in config(stage)]
    theirs, ours = keys[:PGBOUNCERS], keys[PGBOUNCERS:]
    assert theirs == sorted(theirs)
    assert (theirs[0], theirs[-1]) == ("admin_users", "verbose")
    assert ours == sorted(ours)
    assert "client_gone_grace" in ours


def test_what_can_be_changed_is_what_pgbouncer_can_change(stage: Stage) -> None:
    rows = config(stage)[:PGBOUNCERS]
    assert {row["key"] for row in rows if row["changeable"] == "no"} == AT_START_ONLY
    assert {row["changeable"] for row in rows} == {"yes", "no"}


def test_defaults_are_pgbouncers(stage: Stage) -> None:
    rows = by_key(stage)
    defaults = {key: row["default"] for key, row in rows.items()}
    found = {key for key, default in defaults.items() if default is None}
    assert found == NOT_SET
    assert defaults["unix_socket_mode"] == "0777"
    assert defaults["query_wait_timeout"] == "120"
    assert defaults["server_check_query"] == "<empty>"
    assert defaults["track_extra_parameters"] == "IntervalStyle"


def test_values_are_shown_as_pgbouncer_shows_them(stage: Stage) -> None:
    stage.pooler.context.settings = replace(
        stage.settings,
        query_timeout=0.25,
        server_lifetime=7200.0,
        log_stats=False,
        admin_users=("root", "ann"),
    )
    values = {key: row["value"] for key, row in by_key(stage).items()}
    assert values["query_timeout"] == "0.25"
    assert values["server_lifetime"] == "7200"
    assert values["log_stats"] == "0"
    assert values["admin_users"] == "root,ann"
    assert values["pool_mode"] == "session"
    assert values["unix_socket_mode"] == "511"
    assert values["user"] is None


def test_a_secret_is_not_shown(stage: Stage) -> None:
    stage.pooler.context.settings = replace(
        stage.settings, auth_ldap_options="ldapbindpasswd=hunter2"
    )
    assert by_key(stage)["auth_ldap_options"]["value"] == "********"
