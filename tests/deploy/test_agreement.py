"""The files to deploy with agree with each other and with what the pooler does."""

from pathlib import Path

import pytest

from pgpool_py import __version__
from pgpool_py.cli.health import TIMEOUT
from pgpool_py.config.alone import URL, URL_FILE
from pgpool_py.config.load import load
from pgpool_py.settings import Settings
from pgpool_py.web.question import PATIENCE

from .image import ROOT, Image, seconds
from .manifests import (
    COMPOSE,
    Tree,
    documents,
    kubernetes,
    pooler_of,
    shared_pod,
    sidecar_pod,
    variables,
)

IMAGE = Image()
#: Seconds between the pooler's end and the SIGKILL that would have come.
SPARE = 5.0

PODS = pytest.mark.parametrize(
    "pod", [shared_pod(), sidecar_pod()], ids=["shared", "sidecar"]
)


def services() -> Tree:
    """Return those of the file for Compose."""
    found: Tree = documents(COMPOSE)[0]["services"]
    return found


def settings(url: Path, given: dict[str, str]) -> Settings:
    """Return what the image makes of an environment, a mounted URL in ``url``."""
    url.write_text("postgresql://app:x@db/app")
    mounted = {name: str(url) if name == URL_FILE else v for name, v in given.items()}
    loaded = load(None, {**IMAGE.environment, **mounted})
    assert not any("no setting has the name" in text for text in loaded.warnings)
    return loaded.settings


def time_to_stop(settings: Settings) -> float:
    """Return the seconds after which no client is served, whatever it does."""
    assert settings.shutdown_timeout > 0
    return settings.shutdown_grace + 2 * settings.shutdown_timeout


def test_the_image_stops_within_the_time_that_its_readers_are_told(
    tmp_path: Path,
) -> None:
    alone = settings(tmp_path / "url", {URL: "postgresql://app:x@db/app"})
    page = (ROOT / "docs/getting-started.md").read_text()
    assert f"listens on for {alone.shutdown_grace:g} seconds" in page
    assert "give it 30" in page
    assert time_to_stop(alone) + SPARE <= 30


def test_the_image_exposes_where_it_listens(tmp_path: Path) -> None:
    alone = settings(tmp_path / "url", {URL: "postgresql://app:x@db/app"})
    assert alone.http_listen is not None
    assert IMAGE.ports == {alone.listen_port, alone.http_listen.port}
    assert alone.listen_addr == ("*",)
    assert alone.http_listen.host == "0.0.0.0"


def test_the_image_writes_nothing_and_is_not_root(tmp_path: Path) -> None:
    alone = settings(tmp_path / "url", {URL: "postgresql://app:x@db/app"})
    assert (alone.pidfile, alone.logfile, alone.unix_socket_dir) == ("", "", "")
    assert min(IMAGE.user) > 0


def test_its_health_is_waited_for_longer_than_for_an_answer() -> None:
    timing = IMAGE.health_timing
    assert timing["timeout"] > TIMEOUT > PATIENCE
    assert timing["interval"] > timing["timeout"]


def test_compose_waits_for_the_end_and_mounts_nothing_to_write(tmp_path: Path) -> None:
    pooler = services()["pooler"]
    given = settings(tmp_path / "url", pooler["environment"])
    assert seconds(pooler["stop_grace_period"]) >= time_to_stop(given) + SPARE
    assert pooler["read_only"] is True
    assert given.databases["app"].host == ("postgres",)
    user, password = "app", services()["postgres"]["environment"]["POSTGRES_PASSWORD"]
    assert f"//{user}:{password}@" in pooler["environment"][URL]


def test_compose_publishes_on_this_machine_what_the_pooler_listens_on(
    tmp_path: Path,
) -> None:
    pooler = services()["pooler"]
    given = settings(tmp_path / "url", pooler["environment"])
    assert given.http_listen is not None
    inner = {int(port.rpartition(":")[2]) for port in pooler["ports"]}
    assert inner == {given.listen_port, given.http_listen.port}
    for service in services().values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])


def test_prometheus_of_compose_asks_the_pooler(tmp_path: Path) -> None:
    given = settings(tmp_path / "url", services()["pooler"]["environment"])
    (scrape,) = documents(ROOT / "deploy/prometheus/prometheus.yml")[0][
        "scrape_configs"
    ]
    assert given.http_listen is not None
    assert scrape["static_configs"] == [
        {"targets": [f"pooler:{given.http_listen.port}"]}
    ]


@PODS
def test_a_pod_is_given_time_to_stop(pod: Tree, tmp_path: Path) -> None:
    given = settings(tmp_path / "url", variables(pooler_of(pod)))
    assert pod["terminationGracePeriodSeconds"] >= time_to_stop(given) + SPARE


@PODS
def test_a_pod_has_the_ports_that_the_pooler_listens_on(
    pod: Tree, tmp_path: Path
) -> None:
    pooler = pooler_of(pod)
    given = settings(tmp_path / "url", variables(pooler))
    assert given.http_listen is not None
    # The kubelet asks at the pod's address.
    assert given.http_listen.host == "0.0.0.0"
    assert {port["name"]: port["containerPort"] for port in pooler["ports"]} == {
        "postgresql": given.listen_port,
        "http": given.http_listen.port,
    }


@PODS
def test_probes_ask_what_there_is_and_wait_for_the_answer(pod: Tree) -> None:
    pooler = pooler_of(pod)
    paths = {"startup": "/livez", "readiness": "/readyz", "liveness": "/livez"}
    for kind, path in paths.items():
        probe = pooler[f"{kind}Probe"]
        assert probe["httpGet"] == {"path": path, "port": "http"}
        # The loop has so long; one second is Kubernetes' default.
        if kind != "startup":
            assert probe["timeoutSeconds"] > PATIENCE
    # Endpoints are taken away before the listeners close.
    assert pooler["readinessProbe"]["failureThreshold"] == 1


def test_a_pod_that_ends_is_not_ready_before_it_listens_no_more(
    tmp_path: Path,
) -> None:
    pooler = pooler_of(shared_pod())
    given = settings(tmp_path / "url", variables(pooler))
    probe = pooler["readinessProbe"]
    assert given.shutdown_grace > probe["periodSeconds"] + probe["timeoutSeconds"]


def test_clients_of_a_sidecar_are_in_its_pod(tmp_path: Path) -> None:
    given = settings(tmp_path / "url", variables(pooler_of(sidecar_pod())))
    assert given.listen_addr == ("127.0.0.1",)
    (application,) = sidecar_pod()["containers"]
    assert variables(application) == {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(given.listen_port),
    }
    assert pooler_of(sidecar_pod())["restartPolicy"] == "Always"


@PODS
def test_a_ready_pooler_tells_why_postgresql_is_away(pod: Tree, tmp_path: Path) -> None:
    given = settings(tmp_path / "url", variables(pooler_of(pod)))
    assert not given.readiness_needs_server


@PODS
def test_the_secret_is_mounted_where_the_pooler_looks(pod: Tree) -> None:
    pooler = pooler_of(pod)
    (mount,) = pooler["volumeMounts"]
    assert variables(pooler)[URL_FILE] == f"{mount['mountPath']}/url"
    assert mount["readOnly"] is True
    # Its file of a projected path would never be replaced.
    assert "subPath" not in mount
    (volume,) = pod["volumes"]
    assert volume["name"] == mount["name"]
    # Read by the group of the image's user, and by nobody else.
    assert volume["secret"]["defaultMode"] == 0o440
    assert pod["securityContext"]["fsGroup"] == IMAGE.user[1]


@PODS
def test_a_pod_runs_as_the_images_user_and_can_do_nothing_else(pod: Tree) -> None:
    user, group = IMAGE.user
    context = pod["securityContext"]
    assert (context["runAsUser"], context["runAsGroup"]) == (user, group)
    assert context["runAsNonRoot"] is True
    # A Service called pgpool would set variables of our settings' names.
    assert pod["enableServiceLinks"] is False
    assert pooler_of(pod)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@PODS
def test_the_image_is_this_version(pod: Tree) -> None:
    assert pooler_of(pod)["image"].endswith(f":{__version__}")


def test_the_service_leads_to_the_pods() -> None:
    template = kubernetes("Deployment")["spec"]["template"]
    labels = template["metadata"]["labels"]
    service = kubernetes("Service")["spec"]
    assert service["selector"] == labels
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert kubernetes(kind)["spec"]["selector"] == {"matchLabels": labels}
    names = {port["name"] for port in pooler_of(template["spec"])["ports"]}
    assert {port["targetPort"] for port in service["ports"]} <= names


def test_servers_of_a_rollout_fit_what_the_page_reckons(tmp_path: Path) -> None:
    deployment = kubernetes("Deployment")["spec"]
    given = settings(tmp_path / "url", variables(pooler_of(shared_pod())))
    pods = deployment["replicas"] + deployment["strategy"]["rollingUpdate"]["maxSurge"]
    text = (
        f"with {deployment['replicas']} replicas of {given.default_pool_size}, "
        f"{pods * given.default_pool_size}"
    )
    page = (ROOT / "docs/kubernetes.md").read_text()
    assert text in " ".join(page.split())
