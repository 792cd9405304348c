"""What clients may rely on holds whatever happens to the connections.

Clients of all kinds work through a pooler while connections on both sides of it are
cut, reset, frozen, delayed and lost by chance. FAULT_SEED makes it another storm and
FAULT_SECONDS a longer one.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import pytest
from psycopg.rows import dict_row

from pgpool_py.testing import FaultProxy
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.fixtures.waiting import until
from tests.integration.claims import Claim, Outcome, contradictions
from tests.integration.customer import TABLE, Customer
from tests.integration.weather import Storm

SEED = int(os.environ.get("FAULT_SEED", "1"))
SECONDS = float(os.environ.get("FAULT_SECONDS", "4"))

CUSTOMERS = 8
SIZE = 3

#: Pieces of work that every customer does after the storm.
AFTERWARDS = 10

#: What a client that keeps to the rules may be told while the network does not: no
#: server to be had, the server lost, and nothing at all.
ALLOWED = {"FATAL 08001", "FATAL 08006", "lost"}


DONE, UNDONE, UNKNOWN = Outcome.DONE, Outcome.UNDONE, Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("outcome", "found", "words"),
    [
        (DONE, {7: 1, 8: 1}, None),
        (DONE, {7: 1}, "only partly there"),
        (DONE, {}, "not there"),
        (DONE, {7: 1, 8: 2}, "executed twice"),
        (UNKNOWN, {7: 1, 8: 1}, None),
        (UNKNOWN, {}, None),
        (UNKNOWN, {8: 1}, "only partly there"),
        (UNKNOWN, {7: 2, 8: 2}, "executed twice"),
        (UNDONE, {}, None),
        (UNDONE, {7: 1, 8: 1}, "there"),
        (UNDONE, {9: 1}, "row 9 belongs to nobody"),
    ],
)
def test_what_the_table_belies_is_found(
    outcome: Outcome, found: dict[int, int], words: str | None
) -> None:
    sentences = contradictions([Claim((7, 8), "somebody", outcome)], found)
    assert len(sentences) == (words is not None)
    assert all(words in sentence for sentence in sentences if words)


class Town:
    """A pooler between two proxies, and its customers.

    Attributes:
        pooler: in front of PostgreSQL.
        front: the proxy between clients and pooler.
        back: the proxy between pooler and PostgreSQL.
        customers: at work.
    """

    def __init__(
        self, pooler: PoolerProcess, front: FaultProxy, back: FaultProxy
    ) -> None:
        self.pooler = pooler
        self.front = front
        self.back = back
        dsn = pooler.dsn(port=str(front.port))
        self.customers = [Customer(n, dsn, SEED) for n in range(1, CUSTOMERS + 1)]
        self._console = pooler.connect("pgbouncer")

    def close(self) -> None:
        """End everything, also what is stuck: its connections are closed."""
        self._console.close()
        for customer in self.customers:
            customer.stop()
        self.front.close()
        for customer in self.customers:
            if customer.is_alive():
                customer.join(20)
                assert not customer.is_alive(), f"{customer.name} does not end"

    def show(self, command: bytes) -> list[dict[str, Any]]:
        """Return what the console shows of the pooled database."""
        with self._console.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(command).fetchall()
        return [row for row in rows if row["database"] == "app"]

    def errors(self) -> Counter[str]:
        """Return what customers were told so far, and how often."""
        return sum((c.errors for c in self.customers), Counter())

    def claims(self) -> list[Claim]:
        """Return what customers were told of their rows."""
        return [claim for c in self.customers for claim in c.claims]

    def summary(self) -> str:
        """Say how much was done, and what came of it."""
        done = sum(customer.done for customer in self.customers)
        outcomes = Counter(claim.outcome.name for claim in self.claims())
        return f"{done} pieces of work, {dict(outcomes)}, {dict(self.errors())}"

    def complaints(self) -> list[str]:
        """Return what customers got that was not for them."""
        return [words for c in self.customers for words in c.complaints]

    def wait_for_work(self, number: int) -> None:
        """Return when every customer has done so many more pieces of work."""
        goals = [customer.done + number for customer in self.customers]

        def are_reached() -> bool:
            pairs = zip(self.customers, goals, strict=True)
            return all(customer.done >= goal for customer, goal in pairs)

        try:
            until(are_reached, f"{number} more pieces of work by each", seconds=20)
        except AssertionError as error:
            doing = ", ".join(f"{c.name}: {c.doing}" for c in self.customers)
            raise AssertionError(f"{error}; {doing}") from None

    def send_home(self) -> None:
        """End the customers, and wait until they and their servers are at rest."""
        for customer in self.customers:
            customer.stop()
        for customer in self.customers:
            customer.join(20)
            assert not customer.is_alive(), f"{customer.name}: {customer.doing}"
        until(lambda: self.front.connections() == (), "all clients are gone")
        until(self._is_at_rest, f"the pool is at rest: {self.show(b'SHOW POOLS')}")

    def _is_at_rest(self) -> bool:
        (pool,) = self.show(b"SHOW POOLS")
        busy = [
            *("cl_active", "cl_waiting", "sv_active", "sv_active_cancel"),
            *("sv_being_canceled", "sv_tested", "sv_login"),
        ]
        return not any(pool[column] for column in busy)

    def rows(self) -> dict[int, int]:
        """Return how often each id is in the table."""
        with self.pooler.direct() as direct:
            query = "SELECT id, count(*) FROM entries GROUP BY id"
            return dict(direct.execute(query).fetchall())


@contextmanager
def built(start_pooler: StartPooler) -> Iterator[Town]:
    """Build a town for a test."""
    pooler = start_pooler(
        pool_mode="transaction",
        default_pool_size=SIZE,
        server_login_retry=1,
        client_gone_grace=0.1,
        server_round_robin=1,
        admin_users="postgres",
    )
    server = pooler.server
    with (
        FaultProxy((server.host, server.port)) as back,
        FaultProxy((pooler.host, pooler.port)) as front,
    ):
        pooler.files.place = f"host={back.host} port={back.port}"
        pooler.reload()
        with closing(Town(pooler, front, back)) as town:
            yield town


@pytest.mark.slow
def test_what_clients_rely_on_holds_in_a_storm(start_pooler: StartPooler) -> None:
    with built(start_pooler) as town:
        with town.pooler.direct() as direct:
            direct.execute(TABLE)
        storm = Storm({"front": town.front, "back": town.back}, SEED)
        for customer in town.customers:
            customer.start()
        try:
            town.wait_for_work(1)
            storm.rage(SECONDS, lambda: town.complaints() == [])
            look(town)
            # Seen with -s, or when the test fails.
            print(f"\nseed {SEED}, {len(storm.history)} faults, {town.summary()}")
        except AssertionError as error:
            history = "\n".join(storm.history)
            raise AssertionError(f"seed {SEED}: {error}\n{history}") from error


def look(town: Town) -> None:
    """See that nothing is stuck, nothing is lost, and nobody was told a lie."""
    town.wait_for_work(1)
    before = town.errors()
    town.wait_for_work(AFTERWARDS)
    assert town.errors() - before == {}, "errors after the storm"
    town.send_home()
    see_that_the_pool_is_whole(town)
    assert town.complaints() == []
    assert contradictions(town.claims(), town.rows()) == []
    assert set(town.errors()) <= ALLOWED, town.errors()


def see_that_the_pool_is_whole(town: Town) -> None:
    """See that all its servers can be had at once, and that there are no others."""
    with ExitStack() as stack:
        clients = [stack.enter_context(town.pooler.connect()) for _ in range(SIZE)]
        for client in clients:
            client.execute("BEGIN")
        (pool,) = town.show(b"SHOW POOLS")
        assert (pool["sv_active"], pool["cl_waiting"]) == (SIZE, 0)
        assert len(town.show(b"SHOW SERVERS")) == SIZE
        assert len(town.back.connections()) == SIZE
        for client in clients:
            client.execute("COMMIT")
    (pool,) = town.show(b"SHOW POOLS")
    assert (pool["sv_active"], pool["sv_idle"]) == (0, SIZE)
    town.pooler.wait_for_backends(SIZE)
    town.pooler.wait_for_backends(SIZE, "idle")
