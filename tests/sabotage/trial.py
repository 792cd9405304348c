"""Trying one patch: in a copy of the tree its test must go red."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .patch import Patch

#: What the tests need of the tree, and who makes a wheel of it.
_COPIED = (
    *("pgpool_py", "protocol", "benchmarks", "tests", "examples"),
    *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"),
)
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc")

#: Seconds that one test may take; a sabotage that makes it hang is not noticed by it.
TEST_TIMEOUT = 120.0

_PASSED, _FAILED = 0, 1  # pytest's exit codes
_TAIL = 1500


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a sabotage was noticed; if not, why."""

    patch: Patch
    problem: str | None


def try_patch(patch: Patch, root: Path) -> Verdict:
    """Run the patch's test without the patch and with it, in a copy of `root`."""
    with tempfile.TemporaryDirectory(prefix="pgpool-sabotage-") as directory:
        tree = Path(directory)
        for name in _COPIED:
            _copy(root / name, tree / name)
        return Verdict(patch, _problem(patch, tree))


def apply(patch: Patch, tree: Path) -> str | None:
    """Apply a patch to a tree; return git's complaint if it does not fit."""
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", str(patch.path.resolve())],
        cwd=tree,
        # The copy is no repository, and must not be taken for a part of one.
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.resolve().parent)},
        capture_output=True,
        text=True,
        timeout=TEST_TIMEOUT,
        check=False,
    )
    return done.stderr.strip() if done.returncode else None


def _problem(patch: Patch, tree: Path) -> str | None:
    status, output = _run_test(patch.test, tree)
    if status != _PASSED:
        return f"the test does not pass without the patch either\n{output}"
    complaint = apply(patch, tree)
    if complaint:
        return f"the patch does not fit the tree\n{complaint}"
    status, output = _run_test(patch.test, tree)
    if status == _PASSED:
        return "the test passes all the same"
    if status is None:
        return f"the test hangs: not done within {TEST_TIMEOUT:g} s"
    if status != _FAILED:
        return f"the test cannot be run (pytest's exit code {status})\n{output}"
    return None


def _run_test(test: str, tree: Path) -> tuple[int | None, str]:
    """Return pytest's exit code, None after the deadline, and the end of its output."""
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "--tb=short"]
    command += ["-p", "no:cacheprovider", test]
    # Of the copy, also in the processes that a test starts.
    path = os.pathsep.join([str(tree), str(tree / "protocol")])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command,
            cwd=tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TEST_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return done.returncode, done.stdout[-_TAIL:]


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=_NOT_COPIED)
    elif source.exists():
        shutil.copy2(source, target)
