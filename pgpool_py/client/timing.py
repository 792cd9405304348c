"""Since when a client does what it does, and how long that took in all."""

from pgpool_py.statistics import MOST_UNSORTED, Counters
from pgwire.codes import TransactionStatus
from pgwire.ledger import Ledger


class Timing:
    """The clocks of one client; times are seconds of the reactor's clock.

    Attributes:
        since: when it began to wait, or was last active.
        exchange_since, transaction_since: when these began; 0 while there is none.
        cancelled_since: when an exchange of its was last cancelled for its length.
        brought: bytes of the answer that came in pieces so far, which are counted.
    """

    __slots__ = (
        "_looked",
        "_readies_seen",
        "brought",
        "cancelled_since",
        "exchange_since",
        "since",
        "transaction_since",
    )

    def __init__(self, now: float) -> None:
        self._readies_seen = self.brought = 0
        # When progress was noted last.
        self._looked = now
        self.since = now
        self.exchange_since = 0.0
        self.transaction_since = 0.0
        self.cancelled_since = 0.0

    def begin_exchange(self, now: float, counters: Counters) -> None:
        """Count an exchange, and a transaction if it is the first of one."""
        counters.query_count += 1
        self.exchange_since = now
        if not self.transaction_since:
            self.transaction_since = now
            counters.xact_count += 1

    def end_pieces(self, size: int, counters: Counters) -> None:
        """Count the last piece of an answer of which others were delivered."""
        counters.bytes_sent += size
        counters.exchanges.delivered.append(self.brought + size)
        self.brought = 0

    def end_exchange(self, now: float, counters: Counters) -> None:
        """Count the time of what is answered, if anything was asked."""
        self.since = now
        if self.exchange_since:
            spent = now - self.exchange_since
            counters.query_time += spent
            counters.exchanges.note_query(spent, self.brought)
            self.exchange_since = 0.0
            self.brought = 0

    def end_transaction(self, now: float, counters: Counters) -> None:
        """Count the time of a transaction and its last exchange, if there were any."""
        self.since = now
        began, self.transaction_since = self.transaction_since, 0.0
        if self.exchange_since == began:
            # What nearly all are: one exchange, if anything was asked.
            if began:
                exchanges = counters.exchanges
                exchanges.note_lone(now - began, self.brought)
                self.exchange_since = 0.0
                self.brought = 0
                if len(exchanges.spent) >= MOST_UNSORTED:
                    counters.settle()
            return
        self.end_exchange(now, counters)
        if began:
            spent = now - began
            counters.xact_time += spent
            counters.exchanges.note_transaction(spent)

    def note_progress(self, now: float, ledger: Ledger) -> None:
        """Begin to time anew what had begun at the last call, if answers came since.

        A client that always keeps one exchange ahead is never without one.
        """
        before, self._looked = self._looked, now
        if ledger.readies == self._readies_seen:
            return
        self._readies_seen = ledger.readies
        if 0 < self.exchange_since <= before:
            self.exchange_since = now
        is_idle = ledger.status == TransactionStatus.IDLE
        if 0 < self.transaction_since <= before and is_idle:
            self.transaction_since = now
