"""What can be said on the console, and how long it may be."""

import pytest

from pgpool_py.admin.grammar import Assignment, Command, read
from pgpool_py.errors import ConsoleError


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("SHOW POOLS", Command("show", "POOLS")),
        ("show pools;", Command("show", "pools")),
        (" \t\r\nShow \n pools ; \n", Command("show", "pools")),
        ("RELOAD", Command("reload", "")),
        ("RELOAD;", Command("reload", "")),
        ('"reload"', Command("reload", "")),
        ('PAUSE "My-Shop"', Command("pause", "My-Shop")),
        ('PAUSE "a""b"', Command("pause", 'a"b')),
        ('PAUSE ""', Command("pause", "")),
        ("KILL_CLIENT 42", Command("kill_client", "42")),
        ("SHUTDOWN WAIT_FOR_SERVERS", Command("shutdown", "WAIT_FOR_SERVERS")),
        # SET without "=" has the shape of a command.
        ("SET x", Command("set", "x")),
    ],
)
def test_a_command_has_at_most_one_argument(text: str, command: Command) -> None:
    assert read(text) == command


@pytest.mark.parametrize(
    ("text", "assignment"),
    [
        ("SET a = b", Assignment("a", "b")),
        ("set a=b;", Assignment("a", "b")),
        ("SET a TO b", Assignment("a", "b")),
        ('SET "a" = "b c"', Assignment("a", "b c")),
        ("SET a = 'b c'", Assignment("a", "b c")),
        ("SET a = 'it''s'", Assignment("a", "it's")),
        ("SET a = ''", Assignment("a", "")),
        ("SET a to 'x' ; ", Assignment("a", "x")),
    ],
)
def test_set_takes_a_word_or_a_string(text: str, assignment: Assignment) -> None:
    assert read(text) == assignment


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "SHOW POOLS; SHOW STATS",
        "SHOW POOLS;;",
        "SHOW POOLS STATS",
        "PAUSE my-shop",
        'PAUSE "open',
        "SHOW 'pools'",
        "SET a = b c",
        "SET a = 'open",
        "SELECT 1 + 1",
        "-- nothing",
        "SHOW\u00a0POOLS",
        "RE\u212aILL",
        "SHOW POOLS\v",
    ],
)
def test_anything_else_is_an_invalid_command(text: str) -> None:
    with pytest.raises(ConsoleError) as caught:
        read(text)
    assert caught.value.message == f"invalid command '{text}', use SHOW HELP;"
    assert caught.value.sqlstate == "08P01"


@pytest.mark.parametrize(
    ("fits", "too_long"),
    [
        ("c" * 15, "c" * 16),
        (f"PAUSE {'d' * 63}", f"PAUSE {'d' * 64}"),
        # Quotes count, and so does every byte of a letter.
        (f'PAUSE "{"d" * 61}"', f'PAUSE "{"d" * 62}"'),
        (f'PAUSE "{"é" * 30}"', f'PAUSE "{"é" * 31}"'),
        (f"SET {'k' * 63} = v", f"SET {'k' * 64} = v"),
        (f"SET k = {'v' * 255}", f"SET k = {'v' * 256}"),
        (f"SET k = '{'v' * 253}'", f"SET k = '{'v' * 254}'"),
        ("SET k = v", 'SET "" = v'),
    ],
)
def test_what_is_too_long_is_a_bad_argument(fits: str, too_long: str) -> None:
    read(fits)
    with pytest.raises(ConsoleError) as caught:
        read(too_long)
    assert caught.value.message == "bad arguments"


def test_a_text_of_quotes_is_read_in_linear_time() -> None:
    # A pattern with two ways to read a quote would take for ever.
    with pytest.raises(ConsoleError):
        read('PAUSE "' + '""' * 30_000)
