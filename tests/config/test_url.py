"""Tests of ``pgpool_py/config/url.py``: URLs as libpq reads them."""

import pytest

from pgpool_py.config.url import UrlError, parse_url

SECRET = "tops3cret"


def test_all_of_a_url_is_read() -> None:
    url = parse_url(
        "postgresql://app:p%40ss%2Fw%25@db:5433/shop?sslmode=require&sslrootcert=/ca"
        "&application_name=web&connect_timeout=3&channel_binding=prefer"
    )
    assert (url.dbname, url.user, url.password) == ("shop", "app", "p@ss/w%")
    assert url.options == {"host": "db", "port": "5433", "application_name": "web"}
    assert url.settings == {
        "server_tls_sslmode": "require",
        "server_tls_ca_file": "/ca",
        "server_connect_timeout": "3",
    }
    assert "p@ss" not in repr(url)


@pytest.mark.parametrize(
    ("place", "host", "port"),
    [
        ("[2001:db8::1]:5433/d", "2001:db8::1", "5433"),
        ("[::1]/d", "::1", "5432"),
        ("a,b:5432/d", "a,b", "5432"),
        ("a:6000,b:6000/d", "a,b", "6000"),
        ("/d?host=/run/postgresql", "/run/postgresql", "5432"),
        ("%2Frun%2Fpg/d", "/run/pg", "5432"),
        ("/d?host=h&port=1", "h", "1"),
    ],
)
def test_every_way_to_name_a_host(place: str, host: str, port: str) -> None:
    assert parse_url(f"postgres://u:p@{place}").options == {"host": host, "port": port}


def test_the_user_may_stand_in_the_query_and_names_the_database() -> None:
    url = parse_url("postgresql:///?host=/run/postgresql&user=app&password=x")
    assert (url.dbname, url.user, url.password) == ("app", "app", "x")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"mysql://u:{SECRET}@h/d", "does not begin with postgresql://"),
        (f"postgresql://u:{SECRET}/x@h/d", "has an @ behind its host"),
        (f"postgresql://u:{SECRET}?x@h/d", "has an @ behind its host"),
        (f"postgresql://u:{SECRET}@x@h/d", "has two @"),
        (f"postgresql://u:{SECRET}%zz@h/d", "has a % that"),
        (f"postgresql://u:{SECRET}%ff@h/d", "not UTF-8"),
        (f"postgresql://u:{SECRET}%0a@h/d", "cannot be printed"),
        (f"postgresql://u:{SECRET}@h:0/d", "has a port that is not between"),
        (f"postgresql://u:{SECRET}@h:65536/d", "has a port that is not between"),
        (f"postgresql://u:{SECRET}@h:{'9' * 5000}/d", "has a port that"),
        (f"postgresql://u:{SECRET}@h:1,i:2/d", "has hosts with different ports"),
        (f"postgresql://u:{SECRET}@h,/d", "has an empty host"),
        (f"postgresql://u:{SECRET}@::1/d", "IPv6 address without brackets"),
        (f"postgresql://u:{SECRET}@[::1/d", "without a closing bracket"),
        (f"postgresql://u:{SECRET}@h/d?sslmod=x", '"sslmod" (did you mean "sslmode"?)'),
        (f"postgresql://u:{SECRET}@h/d?x", "has a parameter without ="),
        (f"postgresql://u:{SECRET}@h/d?channel_binding=require", "channel_binding: on"),
        (f"postgresql://u:{SECRET}@h/d?sslrootcert=system", "sslrootcert: name a file"),
        (f"postgresql://h/{SECRET}", "names no user"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_url(text: str, wrong: str) -> None:
    with pytest.raises(UrlError) as caught:
        parse_url(text)
    assert wrong in str(caught.value)
    assert SECRET not in str(caught.value)
