"""The files for Docker Compose and Kubernetes, as trees."""

from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from .image import ROOT

COMPOSE: Final = ROOT / "docker-compose.yml"
KUBERNETES: Final = ROOT / "deploy" / "kubernetes"

Tree = dict[str, Any]


def documents(path: Path) -> list[Tree]:
    """Return the documents of a file."""
    return list(YAML(typ="safe", pure=True).load_all(path))


def kubernetes(kind: str) -> Tree:
    """Return the only object of a kind that Kubernetes is given."""
    (found,) = (
        document
        for file in sorted(KUBERNETES.glob("*.yaml"))
        for document in documents(file)
        if document["kind"] == kind
    )
    return found


def shared_pod() -> Tree:
    """Return what is said of a pod of the shared Deployment."""
    pod: Tree = kubernetes("Deployment")["spec"]["template"]["spec"]
    return pod


def sidecar_pod() -> Tree:
    """Return what is said of a pod with the pooler beside its application."""
    pod: Tree = kubernetes("Pod")["spec"]
    return pod


def pooler_of(pod: Tree) -> Tree:
    """Return the container that is the pooler."""
    containers = [*pod.get("initContainers", ()), *pod["containers"]]
    (found,) = (c for c in containers if c["name"] == "pgpool")
    pooler: Tree = found
    return pooler


def variables(container: Tree) -> dict[str, str]:
    """Return what a container's environment is given."""
    return {entry["name"]: entry["value"] for entry in container["env"]}
