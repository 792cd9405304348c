"""The runner of sabotages judges rightly, and the patches at hand still fit."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.sabotage.patch import MalformedPatchError, Patch, read_patch
from tests.sabotage.run import HERE, ROOT, line_of, main
from tests.sabotage.trial import try_patch

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")

HEADING = "# test: tests/test_it.py::test_sum\n# why: one and one is two\n"
DIFF = """\
--- a/protocol/adding.py
+++ b/protocol/adding.py
@@ -1,2 +1,2 @@
 def add(a: int, b: int) -> int:
-    return a + b
+    return {body}
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a project of one module and one test, which passes."""
    for name in ("protocol", "tests"):
        (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "protocol/adding.py").write_text(
        "def add(a: int, b: int) -> int:\n    return a + b\n"
    )
    (tmp_path / "tests/test_it.py").write_text(
        "from adding import add\ndef test_sum(): assert add(1, 1) == 2\n"
    )
    return tmp_path


def patch_of(tree: Path, text: str) -> Patch:
    path = tree / "x.patch"
    path.write_text(text)
    return read_patch(path)


@needs_git
def test_a_sabotage_that_turns_its_test_red_is_noticed(tree: Path) -> None:
    verdict = try_patch(patch_of(tree, HEADING + DIFF.format(body="a - b")), tree)
    assert verdict.problem is None
    assert line_of(verdict) == "noticed    x.patch: one and one is two"
    # The tree itself is as it was.
    assert "a + b" in (tree / "protocol/adding.py").read_text()


@needs_git
@pytest.mark.parametrize(
    ("heading", "diff", "problem"),
    [
        (HEADING, DIFF.format(body="a * 2"), "passes all the same"),
        (HEADING, DIFF.format(body="(((").replace("+ b", "+ c"), "does not fit"),
        (HEADING, DIFF.format(body="((("), "cannot be run"),
        (HEADING.replace("_sum", "_gone"), DIFF, "does not pass without"),
    ],
)
def test_any_other_outcome_is_a_problem(
    tree: Path, heading: str, diff: str, problem: str
) -> None:
    verdict = try_patch(patch_of(tree, heading + diff), tree)
    assert problem in (verdict.problem or "")
    assert line_of(verdict).startswith("UNNOTICED  x.patch")


@pytest.mark.parametrize("text", ["", HEADING.splitlines()[0] + "\n", DIFF])
def test_a_patch_without_its_heading_is_refused(tree: Path, text: str) -> None:
    with pytest.raises(MalformedPatchError, match=r"x\.patch must begin"):
        patch_of(tree, text)
    assert main([str(tree / "x.patch")]) == 1


@needs_git
def test_each_patch_fits_the_tree_and_names_a_test_that_exists() -> None:
    for path in sorted(HERE.glob("*.patch")):
        patch = read_patch(path)
        file, *_, name = patch.test.split("::")
        assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text(), path.name
        check = ["git", "apply", "--check", str(path)]
        done = subprocess.run(
            check, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{path.name}: {done.stderr}"
