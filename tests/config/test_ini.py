"""Tests of ``pgpool_py/config/ini.py``."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgpool_py.config import ini
from pgpool_py.config.ini import Entry, Header, Ini, read_ini, read_text


@pytest.fixture(autouse=True)
def in_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str) -> Ini:
    Path("a.ini").write_bytes(text.encode("utf-8", "surrogateescape"))
    return read_ini("a.ini")


def pairs(found: Ini) -> list[tuple[str, str]]:
    return [(i.key, i.value) for i in found.items if isinstance(i, Entry)]


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("k=v", "k", "v"),
        ("  k \t=\t v  \t", "k", "v"),
        ("k = v\r", "k", "v"),
        ("k =", "k", ""),
        ("k = a = b", "k", "a = b"),
        ("k = 'a'  'b'", "k", "'a'  'b'"),
        ("k = 60 ; comment", "k", "60 ; comment"),
        ("k = 60 # comment", "k", "60 # comment"),
        ("a.b-c_1* = v", "a.b-c_1*", "v"),
        ("* = v", "*", "v"),
        ("'a b' = v", "a b", "v"),
        ("'a''b'=v", "a'b", "v"),
        ("'ü' = v", "ü", "v"),
        ("'=' = v", "=", "v"),
        ("k = \u2028v\u00a0", "k", "\u2028v\u00a0"),
    ],
)
def test_a_line_is_a_key_and_a_value_to_the_end_of_the_line(
    line: str, key: str, value: str
) -> None:
    found = read(f"[s]\n{line}\n")
    assert found.faults == ()
    assert found.items == (Header("a.ini", 1, "s"), Entry("a.ini", 2, "s", key, value))


@pytest.mark.parametrize("line", ["; k = v", "# k = v", "   ; k = v", "\t#", "", " "])
def test_comments_and_blank_lines_hold_nothing(line: str) -> None:
    found = read(f"[s]\n{line}\nk = v")
    assert found.faults == ()
    assert found.items[1:] == (Entry("a.ini", 3, "s", "k", "v"),)


def test_more_may_follow_a_header_on_its_line() -> None:
    found = read("[s] k = v\n[t] ; comment\nl = w")
    assert found.faults == ()
    assert [(i.section, i.line) for i in found.items] == [
        ("s", 1),
        ("s", 1),
        ("t", 2),
        ("t", 3),
    ]


def test_a_section_that_is_opened_again_is_a_second_header() -> None:
    headers = [i for i in read("[s]\n[t]\n[s]\n").items if isinstance(i, Header)]
    assert [h.section for h in headers] == ["s", "t", "s"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("k", "syntax error: expected [section], key = value or a comment line"),
        ("k v = hush", "syntax error: expected [section], key = value or a comment"),
        ("= hush", "syntax error: expected"),
        ("[hush", "syntax error: the section has no closing ]"),
        ("%includehush", "syntax error: the only directive is %include FILE"),
        ('"a b" = hush', "stands in single quotes, not in double quotes"),
        ("'a = hush", "syntax error: expected"),
        ("'' = hush", "the name in front of = is empty"),
        ("k = hush\0", "holds a zero byte"),
    ],
)
def test_a_broken_line_is_named_but_not_shown(line: str, text: str) -> None:
    found = read(f"[s]\n{line}\nl = w\n")
    (fault,) = found.faults
    assert (fault.file, fault.line) == ("a.ini", 2)
    assert text in fault.text
    assert "hush" not in fault.text
    assert pairs(found) == [("l", "w")]


def test_every_broken_line_is_named() -> None:
    found = read("x = 1\n[s]\na\nb = 1\n[c\n")
    assert [fault.line for fault in found.faults] == [1, 3, 5]
    assert found.faults[0].text == '"x" stands before any [section]'


def test_bytes_that_are_no_utf_8_survive() -> None:
    found = read("[s]\nk = \udcff")
    assert pairs(found) == [("k", "\udcff")]


def test_an_include_stands_in_place_and_keeps_the_section() -> None:
    Path("b.ini").write_text("l = w\n[t]\n")
    found = read("[s]\n%include b.ini \nm = x\n")
    assert found.faults == ()
    assert found.items == (
        Header("a.ini", 1, "s"),
        Entry("b.ini", 1, "s", "l", "w"),
        Header("b.ini", 2, "t"),
        Entry("a.ini", 3, "t", "m", "x"),
    )


def test_an_include_is_relative_to_the_working_directory() -> None:
    Path("sub").mkdir()
    Path("sub/a.ini").write_text("[s]\n%include b.ini\n")
    Path("b.ini").write_text("k = v\n")
    assert pairs(read_ini("sub/a.ini")) == [("k", "v")]


def test_an_include_that_cannot_be_read_is_a_fault_of_its_line() -> None:
    found = read("[s]\n%include no.ini\nk = v")
    assert [str(fault) for fault in found.faults] == [
        'a.ini:2: %include "no.ini": No such file or directory'
    ]
    assert pairs(found) == [("k", "v")]


@pytest.mark.parametrize(("last", "faults"), [(10, 0), (11, 1)])
def test_includes_nest_ten_deep(last: int, faults: int) -> None:
    for number in range(last):
        Path(f"{number}.ini").write_text(f"%include {number + 1}.ini\n")
    Path(f"{last}.ini").write_text("[s]\nk = v\n")
    found = read_ini("0.ini")
    assert len(found.faults) == faults
    assert pairs(found) == ([] if faults else [("k", "v")])


def test_a_file_that_includes_itself_twice_does_not_explode() -> None:
    found = read("%include a.ini\n%include a.ini\n")
    texts = {fault.text for fault in found.faults}
    assert texts == {
        "%include is nested deeper than 10",
        "%include of more than 1000 files",
    }


def test_a_file_that_does_not_exist_is_a_fault() -> None:
    assert [str(fault) for fault in read_ini("no.ini").faults] == [
        "no.ini: cannot be read: No such file or directory"
    ]


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ini, "MAX_FILE_BYTES", 1000)
    assert [str(fault) for fault in read_ini("/dev/zero").faults] == [
        "/dev/zero: cannot be read: is larger than 1000 bytes"
    ]


def test_a_value_does_not_show_in_a_repr() -> None:
    assert "hush" not in repr(read("[s]\nk = password=hush"))


PLAIN = st.characters(exclude_categories=["Cs"], exclude_characters="\n\0")
BLANK = " \t\n\v\f\r"


@given(
    st.lists(
        st.tuples(
            st.text(PLAIN, min_size=1), st.text(PLAIN).map(lambda v: v.strip(BLANK))
        )
    )
)
def test_what_is_written_is_read_back(written: list[tuple[str, str]]) -> None:
    lines = "".join(f"'{k.replace(chr(39), chr(39) * 2)}' = {v}\n" for k, v in written)
    found = read(f"[s]\n{lines}")
    assert found.faults == ()
    assert pairs(found) == written


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_fail(content: bytes) -> None:
    Path("x.ini").write_bytes(content.replace(b"%include", b""))
    read_ini("x.ini")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="is a pipe"):
        read_text(str(pipe))
