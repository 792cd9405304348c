"""Tests of ``pgpool_py/auth/userlist.py``."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.auth.secrets import Secret
from pgpool_py.auth.userlist import BrokenLine, parse


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ("", {}),
        ("\n\n  \n", {}),
        ('"u" "p"', {"u": "p"}),
        ('"u" "p"\n"v" "q"\n', {"u": "p", "v": "q"}),
        ('  "u"\t"p"  \r\n', {"u": "p"}),
        ('"u""p"', None),  # one name with a quote in it, and no secret
        ('"u" ""', {"u": ""}),
        ('"a""b" "c""d"', {'a"b': 'c"d'}),
        ('; "u" "p"\n "v" "q"', {"v": "q"}),
        ('"u" "p" ; what follows is ignored', {"u": "p"}),
        ('"u" = "p"', {"u": "p"}),
        ('"u" "p"\n"u" "q"', {"u": "q"}),
        ('"ü" "p\u2028q"', {"ü": "p\u2028q"}),
        ("u p", None),
        ('"u"', None),
        ('"u" "p', None),
        ('"u "p"', None),
        ('"" "p"', None),
        ("# no comment", None),
    ],
)
def test_the_grammar(text: str, secrets: dict[str, str] | None) -> None:
    found = parse(text)
    if secrets is None:
        assert len(found.broken) == 1
        assert not found.secrets
    else:
        assert found.broken == ()
        assert {user: secret.text for user, secret in found.secrets.items()} == secrets


def test_every_broken_line_is_named_and_none_is_shown() -> None:
    found = parse('hush\n"v" "q"\n"hush\n"hush" hush')
    assert [line.line for line in found.broken] == [1, 3, 4]
    assert "hush" not in repr(found)
    assert list(found.secrets) == ["v"]


@pytest.mark.parametrize(
    ("user", "secret", "text"),
    [
        ("u" * 127, "p" * 65530, None),
        ("u" * 128, "p", "the user name is longer than 127 bytes"),
        ("ü" * 64, "p", "the user name is longer than 127 bytes"),
        ("u", "p" * 65531, "the secret is longer than 65530 bytes"),
        ("u", "p\0q", "holds a zero byte"),
    ],
)
def test_the_limits_are_pgbouncers(user: str, secret: str, text: str | None) -> None:
    broken = parse(f"{quoted(user)} {quoted(secret)}").broken
    assert broken == (() if text is None else (BrokenLine(1, text),))


NAMES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"),
    min_size=1,
    max_size=31,
)


@given(st.dictionaries(NAMES, NAMES, max_size=5))
def test_what_is_quoted_is_read_back(users: dict[str, str]) -> None:
    text = "\n".join(f"{quoted(user)} {quoted(users[user])}" for user in users)
    found = parse(text)
    assert found.broken == ()
    assert dict(found.secrets) == {
        user: Secret.from_text(secret) for user, secret in users.items()
    }
