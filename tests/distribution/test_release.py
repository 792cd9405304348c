"""The wheel and the sdist: the same bytes each time, complete, and of use."""

import subprocess
import sys
import zipfile
from pathlib import Path

from pgpool_py import __version__
from tests.fixtures.distribution import ROOT, Installed, build

# Any time; a zip file cannot hold one before 1980.
EPOCH = 1_700_000_000


def contents(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.iterdir()}


def test_both_are_the_same_bytes_when_built_again_from_the_sdist(
    tmp_path: Path,
) -> None:
    first = build(ROOT, tmp_path / "first", epoch=EPOCH)
    (sdist,) = first.glob("*.tar.gz")
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(tmp_path)], check=True)
    # Its files are in another place, and newer.
    tree = tmp_path / sdist.name.removesuffix(".tar.gz")
    for file in tree.rglob("*"):
        file.touch()
    assert contents(build(tree, tmp_path / "second", epoch=EPOCH)) == contents(first)


def test_the_index_would_take_both(distribution: Path) -> None:
    files = [str(file) for file in distribution.iterdir()]
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *files],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_has_the_two_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    ours = {name for name in names if not name.split("/")[0].endswith(".dist-info")}
    assert {name.split("/")[0] for name in ours} == {"pgpool_py", "pgwire"}
    sources = {
        str(file.relative_to(base))
        for base, package in ((ROOT, "pgpool_py"), (ROOT / "protocol", "pgwire"))
        for file in (base / package).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    assert ours == sources
    assert {"pgpool_py/py.typed", "pgwire/py.typed"} <= ours


def test_its_program_runs_in_an_environment_of_its_own(
    installed: Installed, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    asking = installed.start(["pgpool-py", "--version"], {}, out)
    assert asking.wait(30) == 0
    assert out.read_text().splitlines()[1] == f"pgpool_py {__version__}"
