"""Many clients on many channels, while pgbench runs: each is told its own, in order.

python -m tests.integration.fanout [CLIENTS [CHANNELS [NOTIFICATIONS]]]

It ends with status 1 if a client was told something else than it listens to.
"""

import contextlib
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from pgpool_py.embedded import EmbeddedPostgres
from tests.fixtures.nursery import Nursery
from tests.fixtures.pooler_files import DATABASE, POOLED, USER, PoolerFiles
from tests.fixtures.pooling import PoolerProcess, free_port
from tests.integration.programs import begin, run

#: Servers of the pool, fewer than clients of pgbench.
POOL_SIZE = 4
SETTINGS: dict[str, str | int] = {
    "pool_mode": "transaction",
    "default_pool_size": POOL_SIZE,
    "max_client_conn": 1000,
}
FENCE = "fence"
_LISTENS_TO = 5
_SENDERS = 4
# Notifications in one transaction.
_AT_ONCE = 20

Client = psycopg.Connection[TupleRow]


def fan_out(
    pooler: PoolerProcess, clients: int, channels: int, notifications: int
) -> list[str]:
    """Let so many be sent; say what was told wrongly, nothing if all is well."""
    chance = random.Random(7)
    names = [f"channel_{number}" for number in range(channels)]
    with contextlib.ExitStack() as stack:
        listening = [_listen(stack, pooler, chance, names) for _ in range(clients)]
        with _pgbench(pooler):
            sent = _send(pooler, chance, names, notifications)
            with pooler.connect() as last:
                last.execute(f"NOTIFY {FENCE}")
            told = [_told(client) for client, _ in listening]
    return [
        f"client {number} was told other things than were sent on {channel}"
        for number, (_, own) in enumerate(listening)
        for channel in names
        if told[number].get(channel, []) != (sent[channel] if channel in own else [])
    ]


def _listen(
    stack: contextlib.ExitStack,
    pooler: PoolerProcess,
    chance: random.Random,
    names: list[str],
) -> tuple[Client, list[str]]:
    client = stack.enter_context(pooler.connect())
    own = chance.sample(names, min(_LISTENS_TO, len(names)))
    for name in (*own, FENCE):
        client.execute(f"LISTEN {name}")
    return client, own


def _send(
    pooler: PoolerProcess, chance: random.Random, names: list[str], number: int
) -> dict[str, list[str]]:
    """Send through the pooler; give the payloads of each channel in their order."""
    sent: dict[str, list[str]] = {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        senders = [stack.enter_context(pooler.connect()) for _ in range(_SENDERS)]
        for first in range(0, number, _AT_ONCE):
            payloads = [str(n) for n in range(first, min(first + _AT_ONCE, number))]
            chosen = chance.choices(names, k=len(payloads))
            for name, payload in zip(chosen, payloads, strict=True):
                sent[name].append(payload)
            senders[first // _AT_ONCE % _SENDERS].execute(
                "SELECT pg_notify(name, payload) FROM unnest(%s::text[], %s::text[])"
                " AS sent (name, payload)",
                [chosen, payloads],
            )
    return sent


def _told(client: Client) -> dict[str, list[str]]:
    """Give what a client is told up to the fence, by channel."""
    told: dict[str, list[str]] = {}
    for one in client.notifies(timeout=60.0):
        if one.channel == FENCE:
            break
        told.setdefault(one.channel, []).append(one.payload)
    else:
        told[FENCE] = ["is not told within a minute"]
    return told


@contextlib.contextmanager
def _pgbench(pooler: PoolerProcess) -> Iterator[None]:
    """Run pgbench meanwhile."""
    run(pooler, "pgbench", "-i", "-q")
    clients = str(2 * POOL_SIZE)
    load = begin(pooler, "pgbench", "-n", "-c", clients, "-T", "3600")
    try:
        yield
        assert load.poll() is None, "pgbench has ended by itself"
    finally:
        load.terminate()
        load.communicate()


def main(arguments: list[str]) -> int:
    """Run from the command line; 1 if something was told wrongly."""
    numbers = [int(argument) for argument in arguments]
    clients, channels, notifications = numbers + [100, 50, 10_000][len(numbers) :]
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = stack.enter_context(EmbeddedPostgres())
        postgres.createdb(POOLED)
        nursery = stack.enter_context(contextlib.closing(Nursery()))
        files = PoolerFiles(
            directory,
            free_port(),
            f"host={postgres.host} port={postgres.port}",
            dict(SETTINGS),
            {DATABASE: f"dbname={POOLED}"},
            {},
            {USER: ""},
        )
        pooler = PoolerProcess(nursery, postgres, files)
        stack.callback(pooler.close)
        faults = fan_out(pooler, clients, channels, notifications)
    print(f"{notifications} notifications, {clients} clients: {len(faults)} faults")
    for fault in faults:
        print(fault)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
