"""One sabotage: a patch whose first lines name the test that must notice it.

# test: tests/pgwire/test_ledger.py::test_an_error_drops_up_to_the_sync
# why: after an error in a batch the server answers nothing before its Sync
--- a/protocol/pgwire/ledger.py
+++ b/protocol/pgwire/ledger.py
...
"""

from dataclasses import dataclass
from pathlib import Path


class MalformedPatchError(Exception):
    """A patch file without its two first lines."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch file, the pytest node id of its test, and the reason it is wrong."""

    path: Path
    test: str
    why: str


def read_patch(path: Path) -> Patch:
    """Read the heading of a patch.

    Raises:
        MalformedPatchError: `# test:` or `# why:` is missing.

    """
    words = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("# "):
            break
        name, _, value = line[2:].partition(":")
        words[name.strip()] = value.strip()
    if not words.get("test") or not words.get("why"):
        msg = f"{path.name} must begin with the lines '# test: …' and '# why: …'"
        raise MalformedPatchError(msg)
    return Patch(path, words["test"], words["why"])
