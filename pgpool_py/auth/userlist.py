"""The grammar of auth_file: ``"user" "secret"`` per line, ``;`` for comments.

Source: PgBouncer 1.25, ``src/loader.c`` and ``include/bouncer.h``. What follows the
secret is ignored; a user given twice keeps the last secret. Unlike in PgBouncer a
quoted string ends on its line, so that one fault does not hide the next.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .secrets import Secret

MAX_USER_BYTES = 127
MAX_SECRET_BYTES = 65530

_QUOTED = r'"((?:[^"]|"")*+)"'
_LINE = re.compile(rf'{_QUOTED}[^"]*{_QUOTED}')


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that cannot be used; ``text`` shows nothing of it."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Userlist:
    """Secrets by user name, and the lines that could not be read."""

    secrets: Mapping[str, Secret]
    broken: tuple[BrokenLine, ...]


def parse(text: str) -> Userlist:
    """Read the text of an auth_file."""
    secrets: dict[str, Secret] = {}
    broken: list[BrokenLine] = []
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if not line or line.startswith(";"):
            continue
        match = _LINE.match(line)
        if match is None:
            broken.append(BrokenLine(number, 'expected "user" "secret"'))
            continue
        user, secret = (group.replace('""', '"') for group in match.groups())
        fault = _limit_broken(user, secret)
        if fault is None:
            secrets[user] = Secret.from_text(secret)
        else:
            broken.append(BrokenLine(number, fault))
    return Userlist(MappingProxyType(secrets), tuple(broken))


def _limit_broken(user: str, secret: str) -> str | None:
    if not user:
        return "the user name is empty"
    if "\0" in user or "\0" in secret:
        return "holds a zero byte"
    if _size(user) > MAX_USER_BYTES:
        return f"the user name is longer than {MAX_USER_BYTES} bytes"
    if _size(secret) > MAX_SECRET_BYTES:
        return f"the secret is longer than {MAX_SECRET_BYTES} bytes"
    return None


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
