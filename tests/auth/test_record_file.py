"""Tests of ``pgpool_py/auth/record_file.py``."""

import pytest

from pgpool_py.auth import record_file
from pgpool_py.auth.record_file import BrokenRecord, Record, RecordFile, read_records
from tests.auth.texts import Texts, records_of, texts_of


def lines(found: RecordFile) -> list[tuple[str, int, str]]:
    return [
        (r.file, r.line, " ".join(",".join(w.text for w in c) for c in r.columns))
        for r in found.records
    ]


def faults(found: RecordFile) -> list[str]:
    return [f"{b.file}:{b.line}: {b.text}" for b in found.broken]


def columns(record: Record) -> list[list[str]]:
    return [[word.text for word in column] for column in record.columns]


def test_lines_are_counted_with_blank_ones_and_comments() -> None:
    assert lines(records_of("a b\n\n# c\r\n  d,e\r\nf")) == [
        ("/etc/f", 1, "a b"),
        ("/etc/f", 4, "d,e"),
        ("/etc/f", 5, "f"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a \\\nb\nc", [("/etc/f", 1, "a b"), ("/etc/f", 3, "c")]),
        ("a\\\nb", [("/etc/f", 1, "ab")]),
        ("a,\\\r\nb c", [("/etc/f", 1, "a,b c")]),
        ('"a \\\nb"', [("/etc/f", 1, "a b")]),
        ("\\\n\\\na", [("/etc/f", 1, "a")]),
        ("a \\", [("/etc/f", 1, "a")]),
        ("a \\\n", [("/etc/f", 1, "a")]),
        # Blanks behind it: a word.
        ("a \\ \nb", [("/etc/f", 1, "a \\"), ("/etc/f", 2, "b")]),
        ('a "#" \\\nb # c', [("/etc/f", 1, "a # b")]),
    ],
)
def test_a_backslash_joins_lines(
    text: str, expected: list[tuple[str, int, str]]
) -> None:
    found = records_of(text)
    assert found.broken == ()
    assert lines(found) == expected


@pytest.mark.parametrize(
    "text", ["# see C:\\\nhost all all reject", "a # b \\\nc", '"x" \\\n# \\\nc']
)
def test_a_comment_hides_no_line_behind_it(text: str) -> None:
    assert faults(records_of(text)) == [
        "/etc/f:1: a comment ends with a backslash and would hide a line"
    ]


def test_all_broken_lines_are_named() -> None:
    found = records_of('a "\nb\nc ,d\ne f,')
    assert faults(found) == [
        "/etc/f:1: a quote is not closed",
        "/etc/f:3: a comma must follow a word directly",
        "/etc/f:4: nothing follows the last comma",
    ]
    assert lines(found) == [("/etc/f", 2, "b")]


def test_a_file_that_cannot_be_read_is_one_fault() -> None:
    assert read_records("/etc/forbidden", Texts({})).broken == (
        BrokenRecord("/etc/forbidden", 0, "cannot be read: Permission denied"),
    )


def test_records_of_an_include_stand_in_its_place() -> None:
    found = records_of('a\ninclude g\ninclude "/etc/h"\nd', g="b", h="c\n\ninclude i\n")
    assert lines(found) == [
        ("/etc/f", 1, "a"),
        ("/etc/g", 1, "b"),
        ("/etc/h", 1, "c"),
        ("/etc/f", 4, "d"),
    ]
    assert faults(found) == ['/etc/h:3: include "/etc/i": No such file or directory']


def test_a_path_goes_from_the_including_file() -> None:
    files = Texts({"/a/f": "include b/g", "/a/b/g": "include h", "/a/b/h": "x @n"})
    files.texts["/a/b/n"] = "y"
    assert lines(read_records("/a/f", files)) == [("/a/b/h", 1, "x y")]
    relative = Texts({"f": "include g", "g": "x"})
    assert lines(read_records("f", relative)) == [("g", 1, "x")]


def test_include_if_exists_excuses_absence_only() -> None:
    found = records_of("include_if_exists none\ninclude_if_exists forbidden\na")
    assert faults(found) == [
        '/etc/f:2: include_if_exists "/etc/forbidden": Permission denied'
    ]
    assert lines(found) == [("/etc/f", 3, "a")]


def test_include_dir_takes_conf_files_in_the_order_of_their_bytes() -> None:
    files = texts_of("include_dir d\ninclude_dir none")
    for name in ("b.conf", "a.conf", "B.conf", ".c.conf", "d.conf~", "e"):
        files.texts[f"/etc/d/{name}"] = name
    found = read_records("/etc/f", files)
    assert [record.file for record in found.records] == [
        "/etc/d/B.conf",
        "/etc/d/a.conf",
        "/etc/d/b.conf",
    ]
    assert faults(found) == ['/etc/f:2: include_dir "/etc/none": Not a directory']


@pytest.mark.parametrize("rest", ["", " a b", " a,b", ' ""'])
def test_an_include_takes_one_name(rest: str) -> None:
    assert faults(records_of(f"include{rest}")) == ["/etc/f:1: include takes one name"]


def test_includes_are_nested_ten_deep() -> None:
    assert faults(records_of("include f")) == [
        "/etc/f:1: include is nested deeper than 10"
    ]


def test_a_fan_of_includes_ends() -> None:
    files = texts_of("include f\n" * 10)
    found = read_records("/etc/f", files)
    assert len(files.read_paths) == record_file.MAX_FILES
    assert {broken.text for broken in found.broken} == {
        "include is nested deeper than 10",
        "more than 1000 files are included",
    }


def test_too_many_records_are_one_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_file, "MAX_RECORDS", 3)
    assert faults(records_of('a\n"\na\nb\n"\n')) == [
        "/etc/f:2: a quote is not closed",
        "/etc/f:0: 3 records are enough, the rest was not read",
    ]


def test_names_of_a_file_stand_in_its_place() -> None:
    found = records_of("x a,@n,b @n", n='c "all" all\n# d\n"@e",@m,', m="f c\\\n g")
    [record] = found.records
    assert columns(record) == [
        ["x"],
        ["a", "c", "all", "all", "@e", "f", "g", "b"],
        ["c", "all", "all", "@e", "f", "g"],
    ]
    quoted = [w.quoted for w in record.columns[2]]
    assert quoted == [False, True, False, True, False, False]


def test_a_quoted_at_is_a_name() -> None:
    assert lines(records_of('"@n" a@b', n="c")) == [("/etc/f", 1, "@n a@b")]


def test_the_name_of_a_file_may_be_quoted() -> None:
    files = texts_of('@"my names" a')
    files.texts["/etc/my names"] = "b"
    assert lines(read_records("/etc/f", files)) == [("/etc/f", 1, "b a")]


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        ('a\n"b', '@ "/etc/n", line 2: a quote is not closed'),
        ("# a\\\nb", '@ "/etc/n", line 1: a comment ends with a backslash'),
        ("@m", '@ "/etc/n", line 1: @ "/etc/m": No such file or directory'),
        ("@", '@ "/etc/n", line 1: @ names no file'),
        ("@n", "@ is nested deeper than 10"),
    ],
)
def test_a_broken_list_breaks_the_line_that_names_it(names: str, fault: str) -> None:
    found = records_of("a\nb @n", n=names)
    assert lines(found) == [("/etc/f", 1, "a")]
    [broken] = found.broken
    assert (broken.file, broken.line) == ("/etc/f", 2)
    assert fault in broken.text


def test_an_empty_list_does_not_move_the_columns() -> None:
    found = records_of("a @n b\na @n,b", n="# nobody\n")
    assert faults(found) == ["/etc/f:1: a list behind @ is empty"]
    assert lines(found) == [("/etc/f", 2, "a b")]


def test_a_list_is_read_once_and_cannot_grow_beyond_its_names() -> None:
    texts = {f"n{depth}": f"@n{depth + 1} " * 50 for depth in range(8)}
    files = texts_of("@n0 @n0\n@n0", **texts, n8="a b")
    found = read_records("/etc/f", files)
    assert lines(found) == [("/etc/f", 1, "a,b a,b"), ("/etc/f", 2, "a,b")]
    assert len(files.read_paths) == 10
