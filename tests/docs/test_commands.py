"""Every command on a page is one that can be run.

What stands in the blocks of README, getting started and operations is run, by
``tests/integration/test_pages.py``; the demo, the examples, the wheel and the files to
deploy with by tests of their own. Here all are read as their programs would.
"""

import importlib
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from pgpool_py.cli.main import COMMANDS

from .pages import PAGES, ROOT, commands

_PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_TARGET: Final = re.compile(r"^(\w+):", re.MULTILINE)
_EXTRAS: Final = re.compile(r"^(?:pgpool-py|\.)(?:\[(.*)\])?$")
#: What else a page has installed.
_OTHERS: Final = {"sqlalchemy", "sqlalchemy[asyncio]", "asyncpg"}
# For a subcommand that is spoken of without what it needs.
_PLACEHOLDERS: Final = {"advise": ["FILE"], "top": ["FILE"]}

FOUND: Final = [(page, command) for page in PAGES for command in commands(page)]


def is_ours(words: list[str]) -> None:
    """Read it by the parser of the subcommand; SystemExit 0 is help or the version."""
    name = words[0] if words and words[0] in COMMANDS else "run"
    rest = words[1:] if words[:1] == [name] else words
    status: object = 0
    try:
        module = importlib.import_module(f"pgpool_py.cli.{name}")
        module.parser().parse_args(rest or _PLACEHOLDERS.get(name, []))
    except SystemExit as end:
        status = end.code
    assert status == 0, words


def is_a_target(words: list[str]) -> None:
    known = set(_TARGET.findall((ROOT / "Makefile").read_text()))
    assert {word for word in words if "=" not in word} <= known


def installs(words: list[str]) -> None:
    assert words[0] == "install"
    for word in words[1:]:
        extras = _EXTRAS.match(word)
        if extras is None:
            assert word in _OTHERS
        elif extras[1]:
            assert extras[1] in _PROJECT["optional-dependencies"]


def is_a_module(words: list[str]) -> None:
    if not words:
        return
    assert words[0] == "-m"
    found = importlib.util.find_spec(words[1])
    assert found is not None
    if found.submodule_search_locations:
        assert importlib.util.find_spec(f"{words[1]}.__main__") is not None
    elif words[1] != "venv":
        text = Path(str(found.origin)).read_text()
        assert '__name__ == "__main__"' in text


def names_what_is_there(words: list[str]) -> None:
    for word in words:
        if "/" in word or word == ".":
            assert (ROOT / word).exists()


def asks_the_cluster(words: list[str]) -> None:
    if words[0] == "exec":
        # What is behind the pod is run there.
        within = words[words.index("--") + 1 :]
        READERS[within[0]](within[1:])
    else:
        names_what_is_there(words)


def is_run(words: list[str]) -> None:
    """See the module's text."""


READERS: Final[dict[str, Callable[[list[str]], None]]] = {
    "pgpool-py": is_ours,
    "make": is_a_target,
    "pip": installs,
    "python": is_a_module,
    "python3": is_a_module,
    "pytest": names_what_is_there,
    "docker": names_what_is_there,
    "kubectl": asks_the_cluster,
    "psql": is_run,
}


@pytest.mark.parametrize(
    ("page", "command"), FOUND, ids=[f"{p.name}: {c}" for p, c in FOUND]
)
def test_a_command_is_one_of_its_program(page: Path, command: str) -> None:
    words = shlex.split(command, comments=True)
    while "=" in words[0]:
        words.pop(0)
    READERS[Path(words[0]).name](words[1:])


def test_the_pages_that_tell_how_to_begin_are_among_them() -> None:
    told = {page.name for page, _ in FOUND}
    assert {"README.md", "getting-started.md", "operations.md", "kubernetes.md"} <= told
