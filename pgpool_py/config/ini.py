"""The grammar of pgbouncer.ini: sections, ``key = value``, ``%include``.

Source: PgBouncer 1.25, ``lib/usual/cfparser.c``. Comments stand on lines of their own;
a value runs to the end of its line without trailing blanks and knows no quoting.
"""

import os
import re
import stat
from dataclasses import dataclass, field
from typing import BinaryIO

from .faults import Fault, shown

MAX_INCLUDE_DEPTH = 10
# PgBouncer has no such limits; these only stop mistakes (a device, a fan of includes).
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_FILES = 1000

# isspace() in the C locale; str.strip() would eat more.
_SPACE = " \t\n\v\f\r"
_INCLUDE = re.compile(r"%include[ \t]+(.*)", re.DOTALL)
_SECTION = re.compile(r"\[([^\]]*)\]")
_ENTRY = re.compile(
    r"(?:(?P<plain>[A-Za-z0-9_.*-]+)|'(?P<quoted>(?:[^']|'')*+)')[ \t]*=[ \t]*"
)


@dataclass(frozen=True, slots=True)
class Header:
    """A ``[section]`` line."""

    file: str
    line: int
    section: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A ``key = value`` line; the value may hold a password."""

    file: str
    line: int
    section: str
    key: str
    value: str = field(repr=False)

    def fault(self, text: str) -> Fault:
        """Return a fault of this line."""
        return Fault(self.file, self.line, text)


@dataclass(frozen=True, slots=True)
class Ini:
    """Lines in reading order, includes in place, and what could not be read."""

    items: tuple[Header | Entry, ...]
    faults: tuple[Fault, ...]


def read_ini(path: str) -> Ini:
    """Read ``path`` and what it includes; paths are relative to the working directory.

    Bytes that are not UTF-8 survive as surrogates (``surrogateescape``).
    """
    reader = _Reader()
    try:
        reader.read(path, depth=0)
    except OSError as error:
        reader.faults.append(Fault(path, 0, f"cannot be read: {reason(error)}"))
    return Ini(tuple(reader.items), tuple(reader.faults))


def read_text(path: str) -> str:
    """Return the text of a file of bounded size; raises OSError."""
    with _open(path) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise OSError(f"is larger than {MAX_FILE_BYTES} bytes")
    return content.decode("utf-8", "surrogateescape")


def _open(path: str) -> BinaryIO:
    """Open a file, but no pipe: that could be waited for, for ever."""
    # Not even the opening may wait.
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError("is a pipe")
    return file


def reason(error: OSError) -> str:
    """Return what went wrong without the path, which the fault already names."""
    return error.strerror or str(error)


class _Reader:
    """Collects lines over files; the open section goes on across them."""

    def __init__(self) -> None:
        self.items: list[Header | Entry] = []
        self.faults: list[Fault] = []
        self._section: str | None = None
        self._files = 0

    def read(self, path: str, depth: int) -> None:
        text = read_text(path)
        self._files += 1
        for number, line in enumerate(text.split("\n"), start=1):
            self._line(path, number, line.strip(_SPACE), depth)

    def _line(self, path: str, number: int, line: str, depth: int) -> None:
        # A header may be followed by more on the same line.
        while (section := _SECTION.match(line)) is not None:
            self._section = section[1]
            self.items.append(Header(path, number, section[1]))
            line = line[section.end() :].lstrip(_SPACE)
        if not line or line[0] in "#;":
            return
        if "\0" in line:
            self._fault(path, number, "holds a zero byte")
        elif (include := _INCLUDE.match(line)) is not None:
            self._include(path, number, include[1], depth)
        elif (entry := _ENTRY.match(line)) is not None:
            self._entry(path, number, entry, line[entry.end() :])
        else:
            self._fault(path, number, _what_is_wrong(line))

    def _include(self, path: str, number: int, target: str, depth: int) -> None:
        if depth >= MAX_INCLUDE_DEPTH:
            self._fault(
                path, number, f"%include is nested deeper than {MAX_INCLUDE_DEPTH}"
            )
        elif self._files >= MAX_FILES:
            self._fault(path, number, f"%include of more than {MAX_FILES} files")
        else:
            try:
                self.read(target, depth + 1)
            except OSError as error:
                self._fault(path, number, f"%include {shown(target)}: {reason(error)}")

    def _entry(self, path: str, number: int, match: re.Match[str], value: str) -> None:
        key = match["plain"] or match["quoted"].replace("''", "'")
        if self._section is None:
            self._fault(path, number, f"{shown(key)} stands before any [section]")
        elif not key:
            self._fault(path, number, "the name in front of = is empty")
        else:
            self.items.append(Entry(path, number, self._section, key, value))

    def _fault(self, path: str, number: int, text: str) -> None:
        fault = Fault(path, number, text)
        # A file included twice would say everything twice.
        if fault not in self.faults:
            self.faults.append(fault)


def _what_is_wrong(line: str) -> str:
    """Say what was expected; the line itself may hold a password and is not shown."""
    if line.startswith("["):
        return "syntax error: the section has no closing ]"
    if line.startswith("%"):
        return "syntax error: the only directive is %include FILE"
    if line.startswith('"'):
        return (
            "syntax error: a name with other characters than A-Z a-z 0-9 _ . - * "
            "stands in single quotes, not in double quotes"
        )
    return "syntax error: expected [section], key = value or a comment line"
