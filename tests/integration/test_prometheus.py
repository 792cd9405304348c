"""Debian's Prometheus scrapes a pooler that serves, and reads our rules."""

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pgpool_py.embedded.place import HOST
from tests.deploy.promtool import RULES
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler, free_port
from tests.fixtures.waiting import until
from tests.integration.http_door import open_door

pytestmark = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is absent"
)

# Seconds; it opens its storage first.
START = 60.0


class Prometheus:
    """One that scrapes a pooler each second."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, query: str) -> float | None:
        """Return the value of the one series that is found; None if there is none."""
        words = urllib.parse.urlencode({"query": query})
        where = f"http://{HOST}:{self._port}/api/v1/query?{words}"
        try:
            with urllib.request.urlopen(where, timeout=START) as reply:
                found = json.load(reply)["data"]["result"]
        except (urllib.error.URLError, ConnectionError):
            # It does not listen yet.
            return None
        return float(found[0]["value"][1]) if found else None


@contextmanager
def scraping(directory: Path, target: int, token: str) -> Iterator[Prometheus]:
    """Start one, and end it."""
    port = free_port()
    job = {
        "job_name": "pgpool",
        "authorization": {"credentials": token},
        "static_configs": [{"targets": [f"{HOST}:{target}"]}],
    }
    # JSON is YAML.
    configuration = {
        "global": {"scrape_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [job],
    }
    file = directory / "prometheus.yml"
    file.write_text(json.dumps(configuration))
    with (
        (directory / "log").open("w") as log,
        subprocess.Popen(
            [
                "prometheus",
                f"--config.file={file}",
                f"--storage.tsdb.path={directory / 'data'}",
                f"--web.listen-address={HOST}:{port}",
            ],
            stdout=log,
            stderr=log,
        ) as process,
    ):
        try:
            yield Prometheus(port)
        finally:
            process.terminate()


def test_it_is_scraped_while_it_serves(
    start_pooler: StartPooler, tmp_path: Path
) -> None:
    door = open_door(start_pooler, http_token="s3cret")
    client = door.pooler.keep(door.pooler.connect())
    series = f'{{database="{DATABASE}",user="{USER}"}}'
    with scraping(tmp_path, door.port, "s3cret") as prometheus:
        until(lambda: prometheus.ask("up") == 1, "it is scraped", seconds=START)
        for _ in range(20):
            client.execute("SELECT 1")
        total = f"pgpool_transactions_total{series}"
        until(lambda: prometheus.ask(total) == 20, "all are counted", seconds=START)
        assert prometheus.ask("pgpool_ready") == 1
        assert prometheus.ask(f"pgpool_client_wait_seconds_count{series}") == 20
        quantile = "histogram_quantile(0.5, pgpool_client_login_seconds_bucket)"
        login = prometheus.ask(quantile)
        assert login is not None
        assert login < START
