"""A certificate for the poolers, made by openssl where that is installed."""

import shutil
import subprocess
from pathlib import Path

from .errors import TargetError


def make(directory: Path) -> tuple[Path, Path]:
    """Make a key and its own certificate; return both files.

    Elliptic, as most are by now. Raises TargetError where there is no openssl.
    """
    if shutil.which("openssl") is None:
        raise TargetError("TLS is measured only where the program openssl is installed")
    key, certificate = directory / "pooler.key", directory / "pooler.crt"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=pooler"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return key, certificate
