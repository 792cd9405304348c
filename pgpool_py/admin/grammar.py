"""The console's language: a command with at most one argument, or SET.

    CMD [arg] [;]            cmd at most 15 bytes, arg at most 63, quotes counted
    SET key (= | to) word    key at most 63 bytes
    SET key (= | to) 'text'  value at most 255 bytes, quotes counted

Case does not matter outside quotes; words may be in double quotes. One per Query.
"""

import re
from dataclasses import dataclass
from typing import Final

from .commands.refusals import bad_arguments, invalid_command

MOST_COMMAND: Final = 15
MOST_ARGUMENT: Final = 63
MOST_VALUE: Final = 255

_SPACE: Final = "[ \t\r\n]"
_WORD: Final = '("(?:[^"]|"")*"|[0-9a-z_]+)'
_STRING: Final = "('(?:[^']|'')*')"
_END: Final = f"{_SPACE}*(?:;{_SPACE}*)?"
_SET: Final = f"{_SPACE}*set{_SPACE}+{_WORD}{_SPACE}*(?:=|to){_SPACE}*"
# ASCII: a letter such as the Kelvin sign is no K.
_FLAGS: Final = re.IGNORECASE | re.ASCII

_COMMAND = re.compile(f"{_SPACE}*{_WORD}(?:{_SPACE}+{_WORD})?{_END}", _FLAGS).fullmatch
_SET_STRING = re.compile(f"{_SET}{_STRING}{_END}", _FLAGS).fullmatch
_SET_WORD = re.compile(f"{_SET}{_WORD}{_END}", _FLAGS).fullmatch


@dataclass(frozen=True, slots=True)
class Command:
    """A command in lower case and its argument, which is empty where none is given."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """A SET."""

    key: str
    value: str


def read(text: str) -> Command | Assignment:
    """Understand what one Query holds; ``text`` is UTF-8 with surrogate escapes.

    Raises:
        ConsoleError: it is neither, or a part of it is too long.
    """
    found = _COMMAND(text)
    if found is not None:
        name = _plain(found[1], '"', MOST_COMMAND)
        return Command(name.lower(), _plain(found[2] or "", '"', MOST_ARGUMENT))
    found = _SET_STRING(text)
    quote = "'"
    if found is None:
        found = _SET_WORD(text)
        quote = '"'
    if found is None:
        raise invalid_command(text)
    key = _plain(found[1], '"', MOST_ARGUMENT)
    if not key:
        raise bad_arguments()
    return Assignment(key, _plain(found[2], quote, MOST_VALUE))


def _plain(word: str, quote: str, most: int) -> str:
    """Take the quotes off."""
    if len(word.encode("utf-8", "surrogateescape")) > most:
        raise bad_arguments()
    if word.startswith(quote):
        return word[1:-1].replace(quote * 2, quote)
    return word
