"""What SHOW STATS says of prepared statements."""

from pgpool_py.pooler.statement_counts import counted
from tests.pooler.house import House, startup
from tests.pooler.sharing import batch, batch_answers, uses


def test_who_prepares_and_binds_is_counted_and_stays_so(house: House) -> None:
    client = house.arrive(startup())
    server = house.log_in_server()
    house.send(client, batch(1, "s"))
    server.send(batch_answers(1))
    house.turn()
    house.send(client, uses("s"))
    server.send(batch_answers(1, parsed=False))
    house.turn()
    (pool,) = house.pooler.pools.values()

    def counts() -> tuple[int, int, int]:
        taken = counted(pool)
        return taken.client_parse_count, taken.server_parse_count, taken.bind_count

    assert counts() == (1, 1, 2)
    house.send(client, uses("s"))
    server.close()
    house.turn()
    # What nobody had looked at before its server was closed.
    assert counts() == (1, 1, 3)
