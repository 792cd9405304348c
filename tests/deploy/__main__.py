"""The image without Docker: made in a Debian of debootstrap, and played there.

python -m tests.deploy

It needs root, debootstrap and, the first time, two minutes and the network; what was
fetched is kept in .cache. It ends with status 1 if the image does not do what is said
of it, or cannot be made here.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fixtures.cache import CACHE

from .image import Image
from .system import CannotBuildError, build, fetched


def main() -> int:
    """Make it and play it; return the exit status."""
    try:
        system = fetched()
        with tempfile.TemporaryDirectory(prefix="image-", dir=CACHE) as name:
            root = Path(name) / "root"
            build(Image(), system, root)
            return played(root)
    except CannotBuildError as error:
        print(error, file=sys.stderr)
        return 1


def played(root: Path) -> int:
    """Play it where no other program is in its network, and what it mounts is gone."""
    unshare = shutil.which("unshare") or "/usr/bin/unshare"
    command = [unshare, "--net", "--mount", sys.executable, "-m", "tests.deploy.play"]
    return subprocess.run([*command, str(root)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
