"""A client that has said good-bye: what is owed to it is still waited for."""

from abc import ABC

from pgpool_py.reasons import Reason
from pgpool_py.server.connection import ServerConnection
from pgwire.requests import FLUSH

from .unserved import TERMINATE, Unserved


class Leaving(Unserved, ABC):
    """See the module's text; a ClientSession is one."""

    __slots__ = ()

    def _hang_up(self) -> None:
        """End: nothing more will come, as what it waits with may have said already."""
        pending = self.requests.pending
        said = pending is not None and pending.endswith(TERMINATE)
        self.close(Reason.CLIENT_CLOSE_REQUEST if said else Reason.CLIENT_EOF)

    def _await_the_last(self, server: ServerConnection) -> None:
        """End once all that was sent in front of Terminate is answered."""
        ledger = server.ledger
        if ledger.answered or ledger.reads_copy_data:
            self.close(Reason.CLIENT_CLOSE_REQUEST)
            return
        if ledger.keeps_back:
            server.stream.write(FLUSH)
        if ledger.in_doubt:
            ledger.wait()
        self._regulate()

    def on_copy_in(self, server: ServerConnection) -> None:
        """Send what waited for that, or find out how it ended; see Owner."""
        ledger = server.ledger
        if self.requests.terminated:
            ledger.wait()
        if ledger.resynchronisable:
            self.on_answered(server)
        elif self.requests.terminated and ledger.reads_copy_data:
            # It would wait for data of a client that has said good-bye.
            self.close(Reason.CLIENT_CLOSE_REQUEST)
        elif self.waiting and not server.cancels:
            self.on_linked(server)
