"""Files of records, as pg_hba.conf and pg_ident.conf are: lines, includes, ``@`` files.

Source: PostgreSQL 18, ``libpq/hba.c`` ``tokenize_auth_file``, and the documentation,
"The pg_hba.conf File". Nothing that cannot be read is left out in silence: it is a
broken line, and a file with one must not be used.
"""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from .words import Column, LineError, Word, columns, has_comment, shown, words

# PostgreSQL: CONF_FILE_MAX_DEPTH of utils/conffiles.h.
MAX_DEPTH = 10
# These only stop mistakes: a fan of includes.
MAX_FILES = 1000
MAX_RECORDS = 100_000

_INCLUDES = frozenset({"include", "include_if_exists", "include_dir"})


class Files(Protocol):
    """Where the text comes from; both raise OSError, whose ``strerror`` is shown."""

    def read(self, path: str) -> str:
        """Return the text of a file of bounded size, in UTF-8 with surrogate escapes.

        Line ends must come as they are.
        """

    def names(self, directory: str) -> Iterable[str]:
        """Return the names of what is in a directory, in any order."""


@dataclass(frozen=True, slots=True, order=True)
class BrokenRecord:
    """A line that cannot be used; ``line`` 0 means the file as a whole."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Record:
    """One line with its columns; ``line`` is the first of a continued one."""

    file: str
    line: int
    columns: tuple[Column, ...]

    def broken(self, text: str) -> BrokenRecord:
        """Return it as a line that cannot be used."""
        return BrokenRecord(self.file, self.line, text)


@dataclass(frozen=True, slots=True)
class RecordFile:
    """All records in reading order, includes in place, and what could not be read."""

    records: tuple[Record, ...]
    broken: tuple[BrokenRecord, ...]


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A line with those that its backslashes joined; ``number`` is the first one's.

    ``hides`` if a comment was continued.
    """

    number: int
    text: str
    hides: bool

    def checked(self) -> str:
        """Return the text.

        Raises:
            LineError: a comment was continued. What follows is a part of it to
                PostgreSQL, but a record to PgBouncer, and perhaps a reject.

        """
        if self.hides:
            raise LineError("a comment ends with a backslash and would hide a line")
        return self.text


def read_records(path: str, files: Files) -> RecordFile:
    """Read ``path`` and what it includes; relative paths go from the including file."""
    reader = _Reader(files)
    try:
        reader.read(path, depth=0)
    except OSError as error:
        reader.break_line(BrokenRecord(path, 0, f"cannot be read: {_reason(error)}"))
    return RecordFile(tuple(reader.records), tuple(reader.broken))


def logical_lines(text: str) -> Iterator[LogicalLine]:
    r"""Yield the lines of a file; a backslash at the end of one joins the next."""
    begun, joined, hides = 1, "", False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.rstrip("\r")
        if line.endswith("\\"):
            joined += line[:-1]
            hides = hides or has_comment(joined)
        else:
            yield LogicalLine(begun, joined + line, hides)
            begun, joined, hides = number + 1, "", False
    if joined:
        yield LogicalLine(begun, joined, hides)


class _Reader:
    """Collects records over files."""

    def __init__(self, files: Files) -> None:
        self.records: list[Record] = []
        # In order, and each once: a file included twice would say everything twice.
        self.broken: dict[BrokenRecord, None] = {}
        self._files = files
        self._count = 0
        self._lists: dict[str, Column] = {}

    def break_line(self, broken: BrokenRecord) -> None:
        self.broken[broken] = None

    def read(self, path: str, depth: int) -> None:
        for line in logical_lines(self._text(path)):
            if len(self.records) + len(self.broken) >= MAX_RECORDS:
                text = f"{MAX_RECORDS} records are enough, the rest was not read"
                self.break_line(BrokenRecord(path, 0, text))
                return
            try:
                self._line(path, line, depth)
            except LineError as error:
                self.break_line(BrokenRecord(path, line.number, str(error)))

    def _text(self, path: str) -> str:
        self._count += 1
        if self._count > MAX_FILES:
            raise LineError(f"more than {MAX_FILES} files are included")
        return self._files.read(path)

    def _line(self, path: str, line: LogicalLine, depth: int) -> None:
        split = columns(line.checked())
        if not split:
            return
        keyword = split[0][0].text
        if keyword in _INCLUDES:
            self._include(path, keyword, split[1:], depth)
            return
        expanded = tuple(self._expand(path, column, depth) for column in split)
        # PostgreSQL would take the next column for this one.
        if not all(expanded):
            raise LineError("a list behind @ is empty")
        self.records.append(Record(path, line.number, expanded))

    def _include(
        self, path: str, keyword: str, rest: tuple[Column, ...], depth: int
    ) -> None:
        if len(rest) != 1 or len(rest[0]) != 1 or not rest[0][0].text:
            raise LineError(f"{keyword} takes one name")
        if depth >= MAX_DEPTH:
            raise LineError(f"{keyword} is nested deeper than {MAX_DEPTH}")
        target = _beside(path, rest[0][0].text)
        try:
            if keyword == "include_dir":
                for name in _configuration_files(self._files.names(target)):
                    self.read(posixpath.join(target, name), depth + 1)
            else:
                self.read(target, depth + 1)
        except OSError as error:
            absent = isinstance(error, FileNotFoundError)
            if keyword != "include_if_exists" or not absent:
                text = f"{keyword} {shown(target)}: {_reason(error)}"
                raise LineError(text) from error

    def _expand(self, path: str, column: Column, depth: int) -> Column:
        """Put the names in place of ``@file``."""
        if not any(map(_names_a_file, column)):
            return column
        if len(column) == 1:
            return self._list(path, column[0], depth)
        found: list[Word] = []
        for word in column:
            found += self._list(path, word, depth) if _names_a_file(word) else [word]
        return tuple(found)

    def _list(self, outer: str, word: Word, depth: int) -> Column:
        path = _beside(outer, word.text[1:])
        if path in self._lists:
            return self._lists[path]
        if depth >= MAX_DEPTH:
            raise LineError(f"@ is nested deeper than {MAX_DEPTH}")
        try:
            text = self._text(path)
        except OSError as error:
            raise LineError(f"@ {shown(path)}: {_reason(error)}") from error
        # Each name once, or files that name others often would grow beyond all bounds.
        found: dict[Word, None] = {}
        for line in logical_lines(text):
            try:
                names = self._expand(path, words(line.checked()), depth + 1)
            except LineError as error:
                where = f"@ {shown(path)}, line {line.number}"
                raise LineError(f"{where}: {error}") from error
            found.update(dict.fromkeys(names))
        self._lists[path] = tuple(found)
        return self._lists[path]


def _names_a_file(word: Word) -> bool:
    if word.text == "@" and not word.quoted:
        raise LineError("@ names no file")
    return word.text.startswith("@") and not word.quoted


def _beside(outer: str, name: str) -> str:
    return posixpath.join(posixpath.dirname(outer), name)


def _configuration_files(names: Iterable[str]) -> list[str]:
    """Choose and sort as PostgreSQL does (``GetConfFilesInDir`` of conffiles.c)."""
    return sorted(
        (n for n in names if n.endswith(".conf") and not n.startswith(".")),
        key=lambda name: name.encode("utf-8", "surrogateescape"),
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
