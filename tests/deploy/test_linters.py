"""What linters and kubectl say of the files to deploy with."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .image import DOCKERFILE
from .manifests import COMPOSE, KUBERNETES, documents

_BIN = Path(sys.executable).parent

#: The first Kubernetes with the sidecar of sidecar.yaml, and the newest that is known.
_VERSIONS = ("1.29.1", "1.37.0")
_OBJECTS = sorted(set(KUBERNETES.glob("*.yaml")) - {KUBERNETES / "kustomization.yaml"})

needs_kubectl = pytest.mark.skipif(
    shutil.which("kubectl") is None, reason="kubectl (kubernetes-client) is absent"
)


def run(program: str | Path, *arguments: str | Path) -> str:
    """Return what a program prints; AssertionError with it if it is not content."""
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_dockerfile_is_in_order() -> None:
    run(_BIN / "hadolint", "--failure-threshold", "style", DOCKERFILE)


def test_the_file_for_compose_is_one() -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    run(_BIN / "check-jsonschema", *schema, COMPOSE)


@pytest.mark.parametrize("version", _VERSIONS)
def test_kubernetes_knows_all_that_is_said(version: str) -> None:
    options = ("--strict", "--version", version)
    run(_BIN / "kubernetes-validate", *options, *_OBJECTS)


@needs_kubectl
def test_one_command_applies_all_of_the_shared_deployment() -> None:
    made = run("kubectl", "kustomize", KUBERNETES)
    names = {file.name for file in _OBJECTS} - {"sidecar.yaml"}
    kinds = [d["kind"] for name in names for d in documents(KUBERNETES / name)]
    found = [line for line in made.splitlines() if line.startswith("kind:")]
    assert sorted(found) == sorted(f"kind: {kind}" for kind in kinds)
