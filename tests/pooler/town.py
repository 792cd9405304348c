"""A pool with two hosts, whose every word the test says."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pgpool_py.pool.quota import Quota
from pgpool_py.settings import LoadBalanceHosts
from pgwire.session_attrs import TargetSessionAttrs
from tests.fixtures.hand import Wire
from tests.pooler.postgres import Bench, Client, FakePostgres

ANY = TargetSessionAttrs.ANY
READ_WRITE = TargetSessionAttrs.READ_WRITE
READ_ONLY = TargetSessionAttrs.READ_ONLY
STANDBY = TargetSessionAttrs.STANDBY
PREFER_STANDBY = TargetSessionAttrs.PREFER_STANDBY

IS_PRIMARY = {"in_hot_standby": "off", "default_transaction_read_only": "off"}
IS_STANDBY = {"in_hot_standby": "on", "default_transaction_read_only": "off"}


@dataclass
class Town:
    """A pool with two hosts, ``a`` and ``b``."""

    bench: Bench
    a: FakePostgres
    b: FakePostgres

    def request(self) -> Client:
        return self.bench.request()

    def admit(self, host: FakePostgres, what: dict[str, str]) -> Wire:
        """Let the one who waits at a host in."""
        return self.bench.log_in(host.accept(), **what)

    def open(self, host: FakePostgres, what: dict[str, str]) -> tuple[Client, Wire]:
        """Return a client of a server that was opened at this host."""
        client = self.request()
        wire = self.admit(host, what)
        assert client.calls == ["linked"]
        return client, wire

    def pass_time(self, seconds: float) -> None:
        self.bench.clock.advance(seconds)
        self.bench.turn()


NewTown = Callable[..., Town]


@pytest.fixture
def new_town(set_up: Callable[..., Bench], tmp_path: Path) -> Iterator[NewTown]:
    with ExitStack() as stack:

        def make(
            wanted: TargetSessionAttrs = ANY,
            balance: LoadBalanceHosts = LoadBalanceHosts.ROUND_ROBIN,
            quotas: tuple[Quota, ...] = (),
        ) -> Town:
            bench = set_up(quotas=quotas)
            directory = tmp_path / "b"
            directory.mkdir()
            other = FakePostgres(directory)
            stack.callback(other.close)
            target = replace(
                bench.pool.settings.target,
                host=(bench.postgres.directory, str(directory)),
                target_session_attrs=wanted,
                load_balance_hosts=balance,
            )
            bench.pool.reconfigure(replace(bench.pool.settings, target=target))
            return Town(bench, bench.postgres, other)

        yield make
