"""Who must prove what, as the files say."""

from pathlib import Path

import pytest

from pgpool_py.auth.hba_options import HbaMethod
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.config.faults import ConfigError
from pgpool_py.config.load import Loaded, load
from pgpool_py.settings import AuthType
from tests.fixtures.certificates import Authority

SCRAM = f"SCRAM-SHA-256$4096:AAAA${'A' * 43}=:{'A' * 43}="
HBA = "[pgbouncer]\nauth_type = hba\nauth_hba_file = hba.conf\n"


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str, **files: str) -> Loaded:
    for name, content in files.items():
        Path(f"{name}.conf").write_text(content)
    Path("a.ini").write_text(text)
    return load("a.ini")


def faults(text: str, **files: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(text, **files)
    return [str(fault) for fault in caught.value.faults]


def test_rules_and_maps_are_read() -> None:
    loaded = read(
        HBA + "auth_ident_file = ident.conf\n",
        hba="local all all peer map=m\nhost all all all scram-sha-256\n",
        ident="m root alice\n",
    )
    assert loaded.policy.auth_type is AuthType.HBA
    methods = [rule.method for rule in loaded.policy.rules]
    assert methods == [HbaMethod.PEER, HbaMethod.SCRAM_SHA_256]
    assert loaded.policy.ident.allows("m", "root", "alice")


def test_every_broken_line_of_every_file_is_a_fault() -> None:
    found = faults(
        HBA + "auth_ident_file = ident.conf\nverbose = x\n",
        hba="local all all trust\nhost all all 10.0.0.1/8 reject\nhost all\n",
        ident="m root\n",
    )
    places = [text.split(": ")[0] for text in found]
    assert places == ["a.ini:5", "hba.conf:2", "hba.conf:3", "ident.conf:1"]


def test_so_is_a_file_that_is_not_there() -> None:
    (fault,) = faults(HBA)
    assert fault == "hba.conf: cannot be read: No such file or directory"


def test_and_hba_without_a_file() -> None:
    (fault,) = faults("[pgbouncer]\nauth_type = hba\n")
    assert fault == "a.ini:2: auth_type is hba and auth_hba_file is not set"


def test_the_addresses_of_this_machine_are_known() -> None:
    loaded = read(HBA, hba="host all all samehost trust\n")
    (rule,) = loaded.policy.rules
    assert len(rule.addresses.networks) > 0


def test_other_types_do_not_read_the_file() -> None:
    text = "[pgbouncer]\nauth_type = md5\nauth_hba_file = nowhere\n"
    assert read(text).policy.rules == ()


@pytest.mark.parametrize("mode", ["disable", "require", "verify-ca"])
def test_cert_needs_certificates_with_names(mode: str, authority: Authority) -> None:
    issued = authority.issue("127.0.0.1")
    tls = (
        f"client_tls_key_file = {issued.key_file}\n"
        f"client_tls_cert_file = {issued.cert_file}\n"
        f"client_tls_ca_file = {authority.ca_file}\n"
    )
    text = f"[pgbouncer]\nauth_type = cert\n{tls}client_tls_sslmode = "
    (fault,) = faults(text + mode)
    assert fault.startswith("a.ini:2: auth_type is cert, which needs client_tls_sslm")
    assert read(f"{text}verify-full").policy.auth_type is AuthType.CERT


def test_rules_that_can_let_nobody_in_are_warned_of() -> None:
    loaded = read(HBA, hba="hostssl all all all cert\n")
    assert any("which asks for none" in text for text in loaded.warnings)


@pytest.mark.parametrize(
    ("users", "kind"),
    [
        ("", SecretKind.SCRAM),
        ('"a" "x"\n"b" "y"\n"c" ""', SecretKind.PLAIN),
        (f'"a" "{SCRAM}"\n"b" "{SCRAM}"\n"c" "x"', SecretKind.SCRAM),
    ],
)
def test_unknown_users_are_taken_to_have_what_most_have(
    users: str, kind: SecretKind
) -> None:
    Path("users.txt").write_text(users)
    loaded = read("[pgbouncer]\nauth_file = users.txt\n")
    assert loaded.policy.unknown is kind


@pytest.mark.parametrize(
    ("users", "more", "derives"),
    [
        ('"a" "x"\n"b" "y"', "", False),
        (f'"a" "x"\n"b" "y"\n"c" "{SCRAM}"', "", True),
        ('"a" "x"', "auth_user = a", True),
    ],
)
def test_passwords_may_be_slow_to_check_where_anybody_has_a_scram_secret(
    users: str, more: str, *, derives: bool
) -> None:
    Path("users.txt").write_text(users)
    loaded = read(f"[pgbouncer]\nauth_file = users.txt\n{more}\n")
    assert loaded.policy.derives is derives


def test_the_console_knows_no_secrets() -> None:
    found = faults(
        "[databases]\na = auth_dbname=pgbouncer\n[pgbouncer]\nauth_dbname = pgbouncer\n"
    )
    assert [text.split(": ")[0] for text in found] == ["a.ini:4", "a.ini:2"]


def test_nobody_has_to_be_in_auth_file_where_secrets_are_looked_up() -> None:
    text = "nobody can log in"
    warnings = read("[pgbouncer]\nauth_user = u\n").warnings
    assert not any(text in warning for warning in warnings)
