"""The house stands: imports point down, files are small, every module says why."""

import gc
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house import floors, sizes
from tests.house.source import Source, read

ROOT = Path(__file__).parents[1]

HOUSE = [
    *read(ROOT, "pgwire", Path("protocol/pgwire")),
    *read(ROOT, "pgpool_py", Path("pgpool_py")),
]
OUTSIDE = [
    *read(ROOT, "benchmarks", Path("benchmarks")),
    *read(ROOT, "tests", Path("tests")),
]


@pytest.fixture(scope="module", autouse=True)
def trees_are_out_of_the_way() -> Iterator[None]:
    """Spare later tests, which collect garbage, a look at all syntax trees."""
    yield
    gc.freeze()


def test_the_sources_were_found() -> None:
    names = {source.name for source in HOUSE}
    assert {"pgwire", "pgpool_py", "pgpool_py.embedded.server"} <= names
    assert "tests.test_floors" in {source.name for source in OUTSIDE}


def test_imports_point_down_and_the_core_needs_the_standard_library_only() -> None:
    found = floors.faults(HOUSE)
    assert not found, "\n".join(found)


def test_no_imports_run_in_a_circle() -> None:
    assert floors.cycle([*HOUSE, *OUTSIDE]) == []


def test_no_import_is_hidden_from_the_floors() -> None:
    everything = [*HOUSE, *OUTSIDE]
    found = [fault for source in everything for fault in sizes.hidden_imports(source)]
    assert not found, "\n".join(found)


def test_files_and_functions_are_small_and_modules_have_a_docstring() -> None:
    everything = [*HOUSE, *OUTSIDE]
    found = [fault for source in everything for fault in sizes.faults(source)]
    assert not found, "\n".join(found)


def test_pip_install_pulls_nothing() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["dependencies"] == []


# The rules themselves, each on a source that breaks it.


def module(name: str, text: str, *, is_package: bool = False) -> Source:
    return Source(name, f'"""Something."""\n{text}\n', is_package)


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("pgpool_py.net.loop", "import pgpool_py.client.session", "not below: 2 imp"),
        ("pgpool_py.pool.books", "from pgpool_py.server import login", "not below: 4"),
        ("pgpool_py.errors", "from pgpool_py.reasons import Reason", "not below: 1"),
        ("pgwire.ledger", "from pgpool_py import errors", "not below: 0 imports 1"),
        ("pgpool_py.net.loop", "def f():\n    import pgpool_py.cli", "not below"),
        ("pgpool_py.net.loop", "from ..client import session", "in another room"),
        ("pgpool_py.net.loop", "from pgpool_py.net.stream import S", "use a dot"),
        ("pgpool_py.net.loop", "import uvloop", "uvloop is not of the standard"),
        ("pgpool_py.metrics.text", "import pglast", "pglast is not of the standard"),
        ("pgpool_py.attic.box", "", "room pgpool_py.attic has no floor"),
        ("pgpool_py.cli.main", "import pgpool_py.attic", "pgpool_py.attic has no"),
    ],
)
def test_a_breach_of_the_floors_is_found(name: str, text: str, fault: str) -> None:
    others = [module("pgpool_py.errors", ""), module("pgpool_py.server", "")]
    breaking = [other for other in others if other.name != name]
    [found] = floors.faults([module(name, text), *breaking])
    assert found.startswith(name)
    assert fault in found


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pgpool_py.client.session", "from pgwire.codes import Frontend"),
        ("pgpool_py.client.session", "from pgpool_py import errors, settings"),
        ("pgpool_py.client.session", "from .login import Login"),
        ("pgpool_py.metrics.text", "import prometheus_client"),
        ("pgwire.scram", "from . import md5"),
    ],
)
def test_an_import_by_the_rules_passes(name: str, text: str) -> None:
    others = [module("pgpool_py.errors", ""), module("pgpool_py.settings", "")]
    assert floors.faults([module(name, text), *others]) == []


def test_a_circle_is_found_through_names_and_packages() -> None:
    circle = floors.cycle(
        [
            module("pgwire", "from .a import f", is_package=True),
            module("pgwire.a", "from . import b"),
            module("pgwire.b", "from .a import g"),
        ]
    )
    assert set(circle) == {"pgwire.a", "pgwire.b"}


@pytest.mark.parametrize(
    "text",
    [
        "import typing\nif typing.TYPE_CHECKING: import os",
        "from typing import TYPE_CHECKING as T\nif T: import os",
    ],
)
def test_a_hidden_import_is_found(text: str) -> None:
    assert len(sizes.hidden_imports(module("pgwire.a", text))) == 1


def test_a_module_without_a_docstring_is_found() -> None:
    assert "docstring" in sizes.faults(Source("pgwire.a", "x = 1\n"))[0]


def test_a_long_file_is_found() -> None:
    assert sizes.faults(module("pgwire.a", "x = 1\n" * 398)) == []
    assert "401 lines" in sizes.faults(module("pgwire.a", "x = 1\n" * 399))[0]


def test_a_long_function_is_found_its_docstring_not_counted() -> None:
    docstring = '    """Say a lot.\n' + "    Again.\n" * 30 + '    """\n'
    allowed = "def f():\n" + docstring + "    x = 1\n" * 39
    assert sizes.faults(module("pgwire.a", allowed)) == []
    [fault] = sizes.faults(module("pgwire.a", allowed + "    x = 2\n"))
    assert "f has 41 lines" in fault


def test_a_long_function_with_a_reason_is_excused() -> None:
    text = "def f():  # long: one table\n" + "    x = 1\n" * 60
    assert sizes.faults(module("pgwire.a", text)) == []
