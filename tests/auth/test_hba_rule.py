"""Tests of ``pgpool_py/auth/hba_rule.py`` and ``hba_options.py``."""

import pytest

from pgpool_py.auth.hba_options import ClientCert, HbaMethod, HbaOptions
from pgpool_py.auth.hba_rule import Transport
from tests.auth.texts import hba_of


def fault_of(line: str) -> str:
    found = hba_of(line)
    [broken] = found.broken
    assert found.rules == ()
    return broken.text


@pytest.mark.parametrize(
    ("line", "transport", "method"),
    [
        ("local all all trust", Transport.LOCAL, HbaMethod.TRUST),
        ("local all all peer", Transport.LOCAL, HbaMethod.PEER),
        ("host all all all md5", Transport.HOST, HbaMethod.MD5),
        ("hostnogssenc all all all md5", Transport.HOST, HbaMethod.MD5),
        ("host all all ::/0 reject", Transport.HOST, HbaMethod.REJECT),
        ("host all all :: :: password", Transport.HOST, HbaMethod.PASSWORD),
        ("hostssl all all all cert", Transport.HOSTSSL, HbaMethod.CERT),
        ("hostnossl all all all reject", Transport.HOSTNOSSL, HbaMethod.REJECT),
        ("host all all all scram-sha-256", Transport.HOST, HbaMethod.SCRAM_SHA_256),
    ],
)
def test_forms_that_are_served(
    line: str, transport: Transport, method: HbaMethod
) -> None:
    found = hba_of(f"\n{line}")
    assert found.broken == ()
    [rule] = found.rules
    assert (rule.file, rule.line) == ("/etc/f", 2)
    assert (rule.transport, rule.method) == (transport, method)


@pytest.mark.parametrize(
    ("transport", "visits"),
    [
        (Transport.LOCAL, {"local"}),
        (Transport.HOST, {"tls", "clear"}),
        (Transport.HOSTSSL, {"tls"}),
        (Transport.HOSTNOSSL, {"clear"}),
    ],
)
def test_transports(transport: Transport, visits: set[str]) -> None:
    assert transport.match(local=True, tls=False) is ("local" in visits)
    assert transport.match(local=True, tls=True) is ("local" in visits)
    assert transport.match(local=False, tls=True) is ("tls" in visits)
    assert transport.match(local=False, tls=False) is ("clear" in visits)


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("local all all peer map=m", HbaOptions("m")),
        ('local all all peer map="a b"', HbaOptions("a b")),
        ('local all all peer "map=a,b"', HbaOptions("a,b")),
        ("local all all peer map=a=b", HbaOptions("a=b")),
        ("hostssl all all all cert", HbaOptions("", ClientCert.VERIFY_FULL)),
        (
            "hostssl all all all cert clientcert=verify-full map=m clientname=CN",
            HbaOptions("m", ClientCert.VERIFY_FULL, common_name_only=True),
        ),
        (
            "hostssl all all all md5 clientcert=verify-ca",
            HbaOptions("", ClientCert.VERIFY_CA),
        ),
        (
            "hostssl all all all trust clientcert=verify-full",
            HbaOptions("", ClientCert.VERIFY_FULL),
        ),
    ],
)
def test_options_that_are_served(line: str, options: HbaOptions) -> None:
    [rule] = hba_of(line).rules
    assert rule.options == options


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("hots all all all trust", 'invalid connection type "hots"'),
        ("HOST all all all trust", 'invalid connection type "HOST"'),
        ("host,local all all all trust", "multiple values specified for"),
        ("hostgssenc all all all trust", "hostgssenc is not supported"),
        ("host", "end-of-line before database specification"),
        ("host all", "end-of-line before role specification"),
        ("host all all", "end-of-line before IP address specification"),
        ("host all all 10.0.0.0", "end-of-line before netmask specification"),
        ("host all all all", "end-of-line before authentication method"),
        ("local all all", "end-of-line before authentication method"),
        ("host all all all,10.0.0.0/8 trust", "multiple values specified for"),
        ("host all all all trust,md5", "multiple values specified for"),
        ("host all all 10.0.0.1 trust", 'invalid IP mask "trust"'),
        ("host all all localhost trust", 'the host name "localhost"'),
        ("local all all all trust", 'invalid authentication method "all"'),
        ("host all all all Trust", 'invalid authentication method "Trust"'),
        ("host all all all peer", "peer authentication is only supported on local"),
        ("host all all all cert", "cert authentication is only supported on hostssl"),
        ("local all all cert", "cert authentication is only supported on hostssl"),
        ("hostnossl all all all cert", "cert authentication is only supported on"),
    ],
)
def test_lines_that_are_refused(line: str, fault: str) -> None:
    assert fault_of(line).startswith(fault)


@pytest.mark.parametrize(
    "method",
    ["ident", "gss", "sspi", "krb5", "ldap", "pam", "radius", "oauth", "bsd"],
)
def test_methods_that_are_not_served_are_refused_by_name(method: str) -> None:
    fault = fault_of(f"host all all all {method} ldapbindpasswd=hush")
    assert fault.startswith(f"authentication method {method} is not supported: ")
    assert "hush" not in fault


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("host all all all trust x", "authentication option not in name=value"),
        (
            "local all all peer map=a,b",
            "authentication option not in name=value format",
        ),
        ("local all all peer map=", "map= names no map"),
        ("local all all peer map=a map=b", 'the option "map" is given twice'),
        ("host all all all md5 map=m", 'authentication option "map" is only valid for'),
        ("host all all all md5 password=hush", "unrecognized authentication option"),
        ("host all all all md5 clientcert=verify-ca", "clientcert can only be"),
        ("host all all all md5 clientname=CN", "clientname can only be"),
        ("hostssl all all all md5 clientcert=1", "clientcert is neither"),
        ("hostssl all all all md5 clientcert=hush", "clientcert is neither"),
        ("hostssl all all all md5 clientcert=", "clientcert is neither"),
        ("hostssl all all all cert clientcert=verify-ca", "clientcert only accepts"),
        ("hostssl all all all cert clientname=DN", "clientname=DN is not supported"),
        ("hostssl all all all cert clientname=hush", "clientname is not CN"),
    ],
)
def test_options_that_are_refused_without_showing_them(line: str, fault: str) -> None:
    found = fault_of(line)
    assert found.startswith(fault)
    assert "hush" not in found
