"""A client whose texts are looked into for names of prepared statements."""

from pgwire.exchange import StatementNamed, StatementsDropped
from pgwire.watched import WatchedRequests
from tests.fixtures.messages import READY, complete, done, kinds, query
from tests.pgwire.preparing import BOUND, CLOSED, PARSED, Client, Server
from tests.pgwire.session_names import classify
from tests.pgwire.watching import FakeWatch

PREPARE = query("PREPARE p (int) AS SELECT $1")
# A PREPARE of ours, in the extended protocol, and its replies.
OURS = "PBEC"
OURS_DONE = PARSED + BOUND + complete("PREPARE") + CLOSED


class Naming(Client):
    """See the module's text."""

    def __post_init__(self) -> None:
        self.watch = FakeWatch()
        self.requests = WatchedRequests(self.book, classify, self.watch)

    def prepare(self, server: Server, message: bytes = PREPARE) -> bytes:
        """Prepare by a Query; return the name on the server."""
        sent = self.send(server, message)
        kinds_sent = kinds(sent)
        in_front = CLOSED + READY if kinds_sent == "CSQ" else b""
        assert self.answer(server, in_front, done("PREPARE")) == done("PREPARE")
        return sent[sent.rindex(b"pgpool_") :].split()[0]

    def answer(self, server: Server, *data: bytes) -> bytes:
        """Let the server answer, and return what the client gets of it."""
        shown = server.answer(*data)
        for event in server.ledger.events:
            if isinstance(event, StatementNamed):
                self.requests.on_named(event.tag, server.ledger)
            elif isinstance(event, StatementsDropped):
                self.requests.drop_all()
        return shown
