"""A prepared statement under the name that it has on servers, whoever prepared it.

Clients choose names of their own; many choose the same name for different statements,
and many prepare the same statement under different names. On a server a statement goes
by a digest of all that decides what it means: its text, the types of its parameters and
the session parameters by which PostgreSQL reads the text (literals are resolved at
Parse). PostgreSQL cuts names at 63 bytes.
"""

import re
import struct
import weakref
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from .codes import Frontend, Target
from .exchange import BIND, CLOSE, EXECUTE, PARSE
from .frontend import Bind, Close, Execute, Parse
from .glance import harmless_at_a_glance
from .seen import Seen

PREFIX: Final = b"pgpool_"
_DIGEST_SIZE: Final = 24
_LENGTH: Final = struct.Struct("!BI")
# What such a statement may begin with: the word, space, a comment, an empty statement.
_BEFORE_DROP: Final = frozenset(b"dD \t\r\n\f\v-/;")
# Utility commands: PreventInTransactionBlock, and those about transactions.
_ALONE: Final = re.compile(
    rb"\s*(?:vacuum|reindex|cluster|discard"
    rb"|(?:create|drop)\s+(?:database|tablespace|subscription|(?:unique\s+)?index)"
    rb"|alter\s+(?:system|database|table|type|subscription)"
    rb"|begin|start|commit|end|rollback|abort|savepoint|release|prepare|lock|set)\b",
    re.IGNORECASE,
)
# What is lexed alike whatever standard_conforming_strings, backslash_quote and
# client_encoding are, up to the end of the text.
_READ_ALIKE: Final = re.compile(rb"[^'\\\x80-\xff\0]*\0")
SERVERS_NAME: Final = re.compile(PREFIX + rb"[0-9a-f]{%d}" % (2 * _DIGEST_SIZE))
_DROP: Final = re.compile(rb"\b(?:discard|deallocate)\b", re.IGNORECASE)
# The unnamed portal may be the client's.
_PORTAL: Final = b"pgpool_prepare"
_RUN: Final = (
    Bind(_PORTAL, b"").encode()
    + Execute(_PORTAL).encode()
    + Close(Target.PORTAL, _PORTAL).encode()
)


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Statement:
    """One statement; made by a :class:`StatementBook` alone.

    Attributes:
        name: on every server that has it.
        content: of its Parse, what is behind the name: text and parameter types.
        context: the session parameters that decided what the text means; None if none
            does: it is looked into when it runs, and nothing in it is quoted.
        drops: whether it may drop prepared statements, all of them or one.
        stands_alone: whether PostgreSQL runs it as the first of a batch only, or says
            otherwise behind others what is wrong with it.
        harmless: whether a glance tells that it touches nothing of its session.
    """

    name: bytes
    content: bytes
    context: bytes | None
    drops: bool
    stands_alone: bool
    harmless: bool

    @property
    def text(self) -> bytes:
        """Give the text by which it was prepared."""
        return self.content[: self.content.find(0)]

    @property
    def entries(self) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
        """Give the ledger's for ``parse``; the one in the middle makes it be there."""
        return (), PARSE, ()

    def parse(self) -> bytes:
        """Give the Parse that prepares it on a server."""
        body = self.name + b"\0" + self.content
        return _LENGTH.pack(Frontend.PARSE, 4 + len(body)) + body


class SqlStatement(Statement):
    """One that PREPARE has made.

    The types of its parameters are names, so no Parse makes it. Its ``content`` is what
    stands behind its name in the PREPARE.
    """

    __slots__ = ()

    @property
    def text(self) -> bytes:
        """Give the PREPARE, with the server's name."""
        return b"PREPARE " + self.name + self.content

    @property
    def entries(self) -> tuple[tuple[int, ...], int, tuple[int, ...]]:
        """Give the ledger's for ``parse``; see Statement."""
        return (PARSE, BIND), EXECUTE, (CLOSE,)

    def parse(self) -> bytes:
        """Give the messages that run its PREPARE."""
        return Parse(b"", self.text).encode() + _RUN


def may_drop(message: bytes, start: int) -> bool:
    """Whether the statement whose text begins at ``start`` may drop statements.

    True for each that does, DISCARD or DEALLOCATE, and for few that do not.
    """
    return message[start] in _BEFORE_DROP and _DROP.search(message, start) is not None


class StatementBook:
    """Interns statements, so that all clients of a pooler share one of each.

    Attributes:
        limit: how many statements a server keeps; 0: none, and names are not changed.
        seen: simple Queries that are known to be harmless.
    """

    __slots__ = ("_statements", "limit", "seen")

    def __init__(self, limit: int) -> None:
        self._statements: weakref.WeakValueDictionary[bytes, Statement] = (
            weakref.WeakValueDictionary()
        )
        self.limit = limit
        self.seen = Seen()

    def sizes(self) -> list[int]:
        """Give the bytes of content of each statement that somebody has."""
        return [len(statement.content) for statement in self._statements.values()]

    def of(self, content: bytes, reading: bytes) -> Statement:
        """Give the statement with this content, as read under these parameters."""
        alone = _ALONE.match(content) is not None
        context = None if alone and _READ_ALIKE.match(content) else reading
        name = _name(b"pgpool_py", content, context)
        found = self._known(name, content, context)
        if found is None:
            end = content.find(0) + 1
            found = self._statements[name] = Statement(
                name,
                content,
                context,
                drops=may_drop(content, 0),
                stands_alone=alone,
                harmless=harmless_at_a_glance(content, 0, end) is not None,
            )
        return found

    def of_sql(self, content: bytes, reading: bytes, *, harmless: bool) -> Statement:
        """Give the one that a PREPARE makes, by what stands behind the name in it."""
        name = _name(b"pgpool_py SQL", content, reading)
        found = self._known(name, content, reading)
        if found is None:
            found = self._statements[name] = SqlStatement(
                name,
                content,
                reading,
                drops=False,
                stands_alone=False,
                harmless=harmless,
            )
        return found

    def reread(self, statement: Statement, reading: bytes) -> Statement:
        """Give the same statement, as read under other parameters."""
        if isinstance(statement, SqlStatement):
            harmless = statement.harmless
            return self.of_sql(statement.content, reading, harmless=harmless)
        return self.of(statement.content, reading)

    def _known(
        self, name: bytes, content: bytes, context: bytes | None
    ) -> Statement | None:
        found = self._statements.get(name)
        if found and (found.content, found.context) != (content, context):
            raise AssertionError(f"two statements with the digest {name!r}")
        return found


def _name(kind: bytes, content: bytes, context: bytes | None) -> bytes:
    digest = blake2b(context or b"", digest_size=_DIGEST_SIZE, person=kind)
    # Nothing in front may be taken for what is behind.
    digest.update(len(context or b"").to_bytes(8, "big") + content)
    return PREFIX + digest.hexdigest().encode()
