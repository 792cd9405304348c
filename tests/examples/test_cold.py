"""The example in an environment that has just got our wheel: what its start costs."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.integration

_EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "pytest"

#: Seconds of a core for all processes, PostgreSQL's among them. Without other work it
#: is a third of this; where all cores are taken, a second of one does half as much.
_CPU: Final = 10.0

_NOTHING_WRITTEN: Final = "PYTHONDONTWRITEBYTECODE"

#: Seconds; a busy machine needs a part of it.
_TIMEOUT: Final = 120

#: Who loads the plugin, and modules of ours that are there before it can keep pytest
#: from compiling them: pytest by itself, which takes all of the distribution for
#: plugins, or somebody who names the one.
_LOADED: Final[dict[str, tuple[dict[str, str], list[str], int]]] = {
    "by itself": ({}, [], 19),
    "by name": (
        {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        ["-p", "pgpool_py.testing.plugin"],
        1,
    ),
}


@pytest.fixture
def packages(wheel: Path, tmp_path: Path) -> Path:
    """Return a directory of packages with the wheel, as pip leaves it."""
    target = tmp_path / "packages"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install"]
    options = ["--no-index", "--no-deps", "--quiet", "--target", str(target)]
    subprocess.run([*pip, *options, str(wheel)], check=True, capture_output=True)
    return target


@pytest.mark.parametrize("loaded", _LOADED)
def test_its_first_test_costs_few_seconds_of_a_core(
    packages: Path, tmp_path: Path, loaded: str
) -> None:
    more, options, most = _LOADED[loaded]
    example = tmp_path / "example"
    shutil.copytree(_EXAMPLE, example, ignore=shutil.ignore_patterns("__pycache__"))
    # What pytest compiles it must be able to write: that is looked at.
    environment = {k: v for k, v in os.environ.items() if k != _NOTHING_WRITTEN}
    before = _spent()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "sale", *options],
        cwd=example,
        env={**environment, **more, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    ours = packages / "pgpool_py"
    assert len(list(ours.rglob("*-pytest-*.pyc"))) <= most
    assert _spent() - before < _CPU


def _spent() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime
