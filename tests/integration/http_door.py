"""The HTTP side of a pooler, as a client sees it."""

import urllib.error
import urllib.request
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from pgpool_py.embedded.place import HOST
from tests.fixtures.pooler_files import Setting
from tests.fixtures.pooling import PoolerProcess, StartPooler, free_port
from tests.fixtures.waiting import PATIENCE


@dataclass(frozen=True)
class Door:
    """The HTTP side of a pooler."""

    pooler: PoolerProcess
    port: int

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Return status and body."""
        where = f"http://{HOST}:{self.port}{path}"
        request = urllib.request.Request(where, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metrics(self) -> dict[tuple[str, ...], float]:
        """Return values by name and the values of the labels, those sorted by name."""
        status, text = self.get("/metrics")
        assert status == 200
        return {
            (sample.name, *(value for _, value in sorted(sample.labels.items()))): (
                sample.value
            )
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


def open_door(start_pooler: StartPooler, **settings: Setting) -> Door:
    port = free_port()
    given: dict[str, Setting] = {"pool_mode": "transaction", **settings}
    return Door(start_pooler(http_listen=port, more=given), port)
