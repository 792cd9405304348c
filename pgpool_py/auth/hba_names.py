"""The database and the user column of pg_hba.conf.

Source: PostgreSQL 18, ``libpq/hba.c`` ``check_db`` and ``check_role``.
"""

from dataclasses import dataclass

from .words import Column, LineError, Word, shown

_DATABASE_KEYWORDS = frozenset({"all", "sameuser", "replication"})
_NEEDS_CATALOGUE = frozenset({"samerole", "samegroup"})
# Keywords of the other column: what is meant here is anybody's guess.
_NOT_A_USER = frozenset({"sameuser", "samerole", "samegroup"})


@dataclass(frozen=True, slots=True)
class DatabaseNames:
    """Which databases a record is for."""

    every: bool
    same_user: bool
    replication: bool
    names: frozenset[str]

    def match(self, database: str, user: str, *, physical: bool) -> bool:
        """Decide; physical replication is of no database and matches its keyword."""
        if physical:
            return self.replication
        if self.every or (self.same_user and database == user):
            return True
        return database in self.names


@dataclass(frozen=True, slots=True)
class UserNames:
    """Which users a record is for."""

    every: bool
    names: frozenset[str]

    def match(self, user: str) -> bool:
        """Decide."""
        return self.every or user in self.names


def database_names(column: Column) -> DatabaseNames:
    """Read the column; raises LineError."""
    keywords = {w.text for w in column if not w.quoted}
    for refused in sorted(keywords & _NEEDS_CATALOGUE):
        raise LineError(
            f"{refused} is not supported: only PostgreSQL knows who belongs to a role"
        )
    return DatabaseNames(
        every="all" in keywords,
        same_user="sameuser" in keywords,
        replication="replication" in keywords,
        names=_names(column, "database", _DATABASE_KEYWORDS),
    )


def user_names(column: Column) -> UserNames:
    """Read the column; raises LineError."""
    keywords = {w.text for w in column if not w.quoted}
    for refused in sorted(keywords & _NOT_A_USER):
        raise LineError(
            f"{refused} stands in the user column: quote it if it is a user's name"
        )
    for group in sorted(k for k in keywords if k.startswith("+")):
        raise LineError(
            f"{shown(group)} is not supported: only PostgreSQL knows who belongs to a "
            "role; list the users, in a file behind @ if they are many"
        )
    return UserNames(
        every="all" in keywords, names=_names(column, "user", frozenset({"all"}))
    )


def _names(column: Column, kind: str, keywords: frozenset[str]) -> frozenset[str]:
    for word in column:
        _check(word, kind)
    return frozenset(w.text for w in column if w.quoted or w.text not in keywords)


def _check(word: Word, kind: str) -> None:
    if word.mixed:
        raise LineError(f"the {kind} name {shown(word.text)} is quoted in part")
    if not word.text:
        raise LineError(f"the {kind} name is empty")
    # PostgreSQL 16 takes it for a regular expression, in quotes as well.
    if word.text.startswith("/"):
        raise LineError(
            f"the {kind} {shown(word.text)} is a regular expression, which is not "
            "supported: PostgreSQL's differ from Python's; list the names"
        )
