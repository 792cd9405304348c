"""Where scenes are played: what is in the database, PostgreSQL, and the pooler."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final

from tests.fixtures.pooler_files import DATABASE, POOLED, USER, Setting
from tests.fixtures.pooling import StartPooler
from tests.fixtures.waiting import until
from tests.integration.wire import Wire, connect

from .scene import Heard, Scene, Shared, Voice, played

#: Roles that are no superusers.
ROLES: Final = ("reader", "writer")

_WORLD: Final = (
    "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
    "DROP SCHEMA IF EXISTS side CASCADE; CREATE SCHEMA side;"
    "GRANT ALL ON SCHEMA public, side TO reader, writer; GRANT writer TO reader;"
    "CREATE TABLE public.here AS SELECT 'public' AS schema;"
    "CREATE TABLE side.here AS SELECT 'side' AS schema;"
    "CREATE SEQUENCE public.numbers;"
    "CREATE FUNCTION public.sets(name text, value text) RETURNS text "
    "LANGUAGE plpgsql AS $$ BEGIN RETURN set_config(name, value, false); END $$;"
    "CREATE FUNCTION public.in_tokyo() RETURNS text LANGUAGE sql "
    "SET TimeZone = 'Asia/Tokyo' AS $$ SELECT current_setting('TimeZone') $$;"
    "CREATE PROCEDURE public.sets_and_commits() LANGUAGE plpgsql AS "
    "$$ BEGIN SET work_mem = '11MB'; COMMIT; SET work_mem = '12MB'; "
    "RAISE EXCEPTION 'enough'; END $$;"
)

_IF_ABSENT: Final = (
    "DO $$ BEGIN CREATE ROLE {0}; EXCEPTION WHEN duplicate_object THEN END $$"
)
_IF_THERE: Final = (
    "DO $$ BEGIN DROP OWNED BY {0}; DROP ROLE {0}; "
    "EXCEPTION WHEN undefined_object THEN END $$"
)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """How few servers there are, and what else is set.

    Attributes:
        name: for the names of tests.
        servers: how many there are.
        more: settings of the pooler besides.
    """

    name: str
    servers: int
    more: Mapping[str, Setting] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the name."""
        return self.name


_ROTATES: Final = {"debug_rotate_servers": 1}

#: Both clients have one server in turns.
ALTERNATING = Arrangement("alternating", 1)
#: Each transaction runs on another server than the one before it, and than the one
#: before that: of two servers, clients that take turns would always have the same.
ROTATING = Arrangement("rotating", 3, _ROTATES)
#: Both clients may keep a server, and there are more to go on with.
PINNING = Arrangement("pinning", 4, {"max_pinned": 2, **_ROTATES})
#: As few as two clients can have that both keep one.
SCARCE = Arrangement("scarce", 2, {"max_pinned": 2})

#: By PostgreSQL.
_heard: dict[Scene, tuple[Heard, Heard]] = {}

_GIVEN: Final[Mapping[str, Setting]] = {
    "pool_mode": "transaction",
    "admin_users": USER,
    "client_gone_grace": 0,
}


class Stage:
    """A pooler in transaction mode, and PostgreSQL beside it."""

    def __init__(
        self, start_pooler: StartPooler, arrangement: Arrangement, **more: Setting
    ) -> None:
        size = {"default_pool_size": arrangement.servers}
        settings = {**_GIVEN, **size, **arrangement.more, **more}
        self.pooler = start_pooler(more=settings)
        self._open(arrangement.servers)

    def _open(self, number: int) -> None:
        """Have so many servers."""
        wires = [connect(self.pooler) for _ in range(number)]
        for wire in wires:
            wire.login()
            wire.query("BEGIN")
        for wire in wires:
            wire.query("COMMIT")
            wire.close()

    def voice(self) -> Voice:
        """Return a client of the pooler."""
        return Voice(lambda: connect(self.pooler), DATABASE)

    def through_the_pooler(self, scene: Scene) -> tuple[Heard, Heard]:
        """Play a scene there."""
        self.restore()
        return played(scene, self.voice(), self.voice())

    def by_postgresql(self, scene: Scene) -> tuple[Heard, Heard]:
        """Play a scene with a connection for each; once, for it is always the same."""
        if scene not in _heard:
            _heard[scene] = self._by_postgresql(scene)
        return _heard[scene]

    def _by_postgresql(self, scene: Scene) -> tuple[Heard, Heard]:
        self.restore()
        with ExitStack() as stack:
            one, other = (self._direct(stack) for _ in range(2))
            return played(scene, one, other)

    def on_one_connection(self, scene: Scene) -> tuple[Heard, Heard]:
        """Play a scene with one connection for both: nothing is anybody's own."""
        self.restore()
        with ExitStack() as stack:
            shared = self._direct(stack)
            wire = shared.wire
            one, other = (Shared(lambda: wire, POOLED, connection=wire) for _ in "ab")
            return played(scene, one, other)

    def _direct(self, stack: ExitStack) -> Voice:
        server = self.pooler.server

        def wire() -> Wire:
            return stack.enter_context(Wire(server.host, server.port))

        return Voice(wire, POOLED)

    def restore(self) -> None:
        """Make the database what it is at the beginning of a scene."""
        for role in ROLES:
            self.pooler.arrange(_IF_ABSENT.format(role))
        self.pooler.arrange(_WORLD)

    def clear(self) -> None:
        """End the pooler, and remove what would be left behind."""
        try:
            self.pooler.close()
        finally:
            self.pooler.arrange("DROP SCHEMA IF EXISTS side CASCADE")
            for role in ROLES:
                self.pooler.arrange(_IF_THERE.format(role))

    # What the console says

    def wait_for_pinned(self, number: int, after: str = "") -> None:
        """Return when so many clients keep their server.

        What a transaction has left behind is looked for when it is answered already.
        """
        what = f"{number} pinned {after}"
        until(lambda: self._pinned() == number, what)

    def _pinned(self) -> int:
        with Wire(self.pooler.host, self.pooler.port) as console:
            console.login("pgbouncer")
            return sum(one.kind == "D" for one in console.query("SHOW PINS"))
