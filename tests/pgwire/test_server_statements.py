"""What a server's ledger counts of prepared statements."""

from pgwire.codes import Target
from pgwire.frontend import Describe
from pgwire.statement import StatementBook
from tests.pgwire.preparing import SYNC, Client, Server, bind, parse, prepare


def test_what_clients_prepare_and_bind_by_name_is_counted(server: Server) -> None:
    client, elsewhere = Client(StatementBook(200)), Server()
    prepare(client, server, b"s", b"SELECT 1")
    client.send(server, parse(), bind(), bind(b"s"), SYNC)
    client.send(elsewhere, Describe(Target.STATEMENT, b"s").encode(), bind(b"s"), SYNC)
    assert server.ledger.statements.take_counts() == (1, 1, 1)
    assert elsewhere.ledger.statements.take_counts() == (0, 1, 1)
    assert elsewhere.ledger.statements.take_counts() == (0, 0, 0)


def test_what_does_not_travel_is_not_counted(server: Server) -> None:
    client = Client(StatementBook(200), context=None)
    client.send(server, parse(b"s"), bind(b"s"), SYNC)
    assert server.ledger.statements.take_counts() == (0, 0, 0)
