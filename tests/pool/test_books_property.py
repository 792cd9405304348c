"""Whatever happens to a pool, its books add up: a state machine of random events."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pgpool_py.pool.books import MOST_OPENING, Books, Sizes

SIZE = 4
RESERVE = 2
RESERVE_AFTER = 5.0


class BooksMachine(RuleBasedStateMachine):
    """Servers are opened, lent, returned and lost; the model is a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.books: Books[int, int] = Books(
            Sizes(SIZE, minimum=1, reserve=RESERVE, reserve_after=RESERVE_AFTER)
        )
        self.now = 0.0
        self.numbers = iter(range(10**6))
        self.queue: list[tuple[int, float]] = []
        self.alive: set[int] = set()
        self.lent: set[int] = set()

    @rule(seconds=st.sampled_from([0.1, 1.0, RESERVE_AFTER]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(round_robin=st.booleans())
    def round_robin_changes(self, round_robin: bool) -> None:
        self.books.round_robin = round_robin

    @rule()
    def a_client_comes(self) -> None:
        server = self.books.take()
        if server is None:
            waiter = next(self.numbers)
            self.books.wait(waiter, self.now)
            self.queue.append((waiter, self.now))
        else:
            assert server not in self.lent, "one server was lent twice"
            self.lent.add(server)

    @rule()
    def the_pool_grows(self) -> None:
        before = self.books.total
        number = self.books.wanted(self.now)
        waited = self.queue and self.now - self.queue[0][1] >= RESERVE_AFTER
        most = SIZE + RESERVE if waited else SIZE
        assert 0 <= number <= max(0, most - before)
        for _ in range(number):
            self.books.begin_opening()

    @precondition(lambda self: self.books.opening)
    @rule(well=st.booleans())
    def an_opening_ends(self, well: bool) -> None:
        if not well:
            self.books.opening_failed()
            return
        server = next(self.numbers)
        self.books.opened(server)
        self.alive.add(server)
        self._shelve(server)

    def _shelve(self, server: int) -> None:
        waiter = self.books.next_waiter()
        assert waiter == (self.queue.pop(0) if self.queue else None), "not its turn"
        if waiter is None:
            self.lent.discard(server)
            self.books.put(server)
        else:
            self.lent.add(server)

    @precondition(lambda self: self.lent)
    @rule(data=st.data())
    def a_server_comes_back(self, data: st.DataObject) -> None:
        self._shelve(data.draw(st.sampled_from(sorted(self.lent))))

    @precondition(lambda self: self.lent)
    @rule(data=st.data())
    def a_server_dies_before_use(self, data: st.DataObject) -> None:
        server = data.draw(st.sampled_from(sorted(self.lent)))
        self.books.remove(server)
        self.lent.remove(server)
        self.alive.remove(server)
        borrower = (next(self.numbers), self.now)
        self.books.wait_first(*borrower)
        self.queue.insert(0, borrower)

    @precondition(lambda self: self.books.idle)
    @rule(data=st.data())
    def an_idle_server_is_closed(self, data: st.DataObject) -> None:
        server = data.draw(st.sampled_from(sorted(self.books.idle)))
        self.books.remove(server)
        self.alive.remove(server)

    @precondition(lambda self: self.queue)
    @rule(data=st.data())
    def a_waiter_gives_up(self, data: st.DataObject) -> None:
        leaving = data.draw(st.sampled_from(self.queue))
        assert self.books.leave(leaving[0]) is not None
        self.queue.remove(leaving)

    @invariant()
    def no_server_is_lost_or_doubled(self) -> None:
        idle = list(self.books.idle)
        assert len(idle) == len(set(idle))
        assert not self.books.busy & set(idle)
        assert self.books.busy | set(idle) == self.alive
        assert self.books.busy == self.lent

    @invariant()
    def the_queue_is_first_come_first_served(self) -> None:
        assert list(self.books.waiters.items()) == self.queue
        assert self.books.oldest_wait() == (self.queue[0][1] if self.queue else None)

    @invariant()
    def the_pool_is_never_above_its_sizes(self) -> None:
        assert self.books.total <= SIZE + RESERVE
        assert 0 <= self.books.opening <= MOST_OPENING


TestBooks = BooksMachine.TestCase
