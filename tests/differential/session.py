"""SQL by which a client changes what is kept for it, and by which it looks at that."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from pgwire._message import FrontendMessage
from pgwire.frontend import Parse, Query

from .chance import Chance
from .features import Feature
from .tables import ROLES

#: A parameter with a dot, that no library knows. Once set and reset it is empty, and
#: was undefined before.
_WORD: Final = "nullif(current_setting('rig.word', true), '')"

#: All that can be set; what is not named is what PostgreSQL was built with.
#: Those of a library are there if it was loaded, which somebody else may have done.
LOOK: Final = (
    "SELECT name, setting FROM pg_settings "
    "WHERE context IN ('user', 'superuser') AND setting IS DISTINCT FROM boot_val "
    "AND name NOT LIKE '%.%' UNION ALL "
    f"VALUES ('rig.word', {_WORD}), ('role', current_setting('role')), "
    "('current_user', current_user), ('session_user', session_user) ORDER BY 1, 2"
)


#: Names that texts prepare and execute; of them Parse may give the first.
EXECUTED: Final = (b"a", b"q")
#: What that may not be, for it would execute itself without end.
ENDLESS: Final = re.compile(r"\bEXECUTE a\b")

_HELD_LOCKS: Final = (
    "SELECT count(*) FROM pg_locks "
    "WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
)

#: In what pins, if it goes well.
_PINS: Final = re.compile(rb"TEMP TABLE|pg_advisory_lock|WITH HOLD")


def may_pin(message: FrontendMessage) -> bool:
    """Tell whether a client may keep its server past its transaction from now on.

    Until when, is not looked into: only who has to wait for whom is told by it.
    """
    return isinstance(message, Query | Parse) and bool(_PINS.search(message.sql))


@dataclass(frozen=True, slots=True)
class Theme:
    """Statements about one thing.

    Attributes:
        starts: those that put something there.
        others: those that use it, look at it or take it away.
    """

    starts: tuple[str, ...]
    others: tuple[str, ...]


class Session:
    """Makes up statements about one client's session.

    What is named in them has the client's number: advisory locks and channels are
    the whole database's.

    Attributes:
        unlistens: whether the client ends what it listens to. Of one that does, nobody
            can say what it still hears.
        themes: makers of statements.
    """

    def __init__(self, chance: Chance, client: int, features: Feature) -> None:
        self._chance = chance
        self._client = client
        self.unlistens = Feature.LISTEN in features and chance.happens(40)
        makers: dict[Feature, Callable[[], Theme]] = {
            Feature.SESSION: self._parameters,
            Feature.ROLES: self._roles,
            Feature.LISTEN: self._channels,
            Feature.SQL_PREPARED: self._statements,
            Feature.TEMPORARY: self._tables,
            Feature.LOCKS: self._locks,
            Feature.HELD_CURSORS: self._cursors,
        }
        self.themes = [maker for one, maker in makers.items() if one in features]

    def any(self) -> str:
        """Return one statement."""
        theme = self._chance.pick(self.themes)()
        return self._chance.pick(theme.starts + theme.others)

    def _parameters(self) -> Theme:
        name, value = self._setting()
        quoted = value if name == "search_path" else f"'{value}'"
        return Theme(
            (
                f"SET {name} = {quoted}",
                f"SET SESSION {name} TO {quoted}",
                f"SELECT set_config('{name}', '{value}', false)",
                f"DO $$ BEGIN SET {name} = {quoted}; END $$",
            ),
            (
                LOOK,
                LOOK,
                f"SET LOCAL {name} = {quoted}",
                f"SELECT set_config('{name}', '{value}', true)",
                f"SET {name} = {quoted}; SELECT 1 / 0",
                f"RESET {name}",
                f"SET {name} TO DEFAULT",
                "RESET ALL",
                f"DO $$ BEGIN RESET {name}; END $$",
                f"SELECT {_WORD}, current_schemas(false), 0.1::float8 / 3",
                "SHOW search_path",
                "SELECT timestamptz '2020-02-01 00:00+00'",
            ),
        )

    def _setting(self) -> tuple[str, str]:
        number = self._chance.number(1, 9)
        return self._chance.pick(
            (
                ("work_mem", f"{number}MB"),
                ("search_path", f'side{number}, "$user",  public'),
                ("rig.word", f"{self._client} says {number}"),
                ("TimeZone", "Asia/Tokyo"),
                ("DateStyle", "German"),
                ("statement_timeout", f"{number + 50}s"),
                ("extra_float_digits", f"{number - 8}"),
                ("default_transaction_read_only", "on"),
                ("application_name", f"client {self._client} {number}"),
                ("work_mem", "nonsense"),
            )
        )

    def _roles(self) -> Theme:
        role = self._chance.pick(ROLES)
        return Theme(
            (
                f"SET ROLE {role}",
                f"SELECT set_config('role', '{role}', false)",
                f"SET SESSION AUTHORIZATION {role}",
                f"DO $$ BEGIN SET ROLE {role}; END $$",
            ),
            (
                "SELECT current_user, session_user",
                LOOK,
                f"SET LOCAL ROLE {role}",
                "RESET ROLE",
                "SET ROLE NONE",
                "RESET SESSION AUTHORIZATION",
            ),
        )

    def _channels(self) -> Theme:
        chance, client = self._chance, self._client
        # What others say would come sooner or later than in the other house.
        channel = f"{chance.pick('ab')}{client}"
        word = f"{client} says {chance.number(0, 9)}"
        says = (
            f"NOTIFY {channel}, '{word}'",
            f"SELECT pg_notify('{channel}', '{word}')",
        )
        ends = (f"UNLISTEN {channel}", "UNLISTEN *") if self.unlistens else ()
        return Theme((f"LISTEN {channel}",), (*says, *says, *ends))

    def _statements(self) -> Theme:
        chance = self._chance
        name, number = chance.pick(EXECUTED).decode(), chance.number(0, 99)
        return Theme(
            (
                f"PREPARE {name} AS SELECT 'client {self._client}', {number}",
                f"PREPARE {name} (int) AS SELECT $1 + {number}",
                f"PREPARE {name} AS SELECT timestamptz '2020-02-01 00:00', {number}",
            ),
            (
                f"EXECUTE {name}",
                f"EXECUTE {name}",
                f"EXECUTE {name} ({number})",
                f"EXPLAIN (COSTS OFF) EXECUTE {name}",
                f"DEALLOCATE {name}",
                f"PREPARE {name} AS SELECT * FROM rig.missing{self._client}",
            ),
        )

    # What pins

    def _tables(self) -> Theme:
        number = self._chance.number(0, 99)
        return Theme(
            (
                f"CREATE TEMP TABLE mine AS SELECT {self._client} AS client, {number}",
                "CREATE TEMP TABLE mine (client int) ON COMMIT DROP",
                "CREATE TEMP TABLE mine (client int) ON COMMIT DELETE ROWS",
            ),
            (
                f"INSERT INTO mine (client) VALUES ({number})",
                # No columns of its own: with them comes its OID.
                "SELECT count(*), sum(client) FROM mine",
                "SELECT count(*), sum(client) FROM mine",
                "DROP TABLE mine",
                "DISCARD TEMP",
            ),
        )

    def _locks(self) -> Theme:
        # Never one that only tries: a client of this number, gone by now, may have it.
        key = f"{self._client}, {self._chance.number(0, 1)}"
        return Theme(
            (
                f"SELECT pg_advisory_lock({key})",
                f"SELECT pg_advisory_lock_shared({key})",
            ),
            (
                f"SELECT pg_advisory_unlock({key})",
                f"SELECT pg_advisory_unlock({key})",
                f"SELECT pg_advisory_unlock_shared({key})",
                "SELECT pg_advisory_unlock_all()",
                f"SELECT pg_advisory_xact_lock({key})",
                _HELD_LOCKS,
            ),
        )

    def _cursors(self) -> Theme:
        rows = f"SELECT i, {self._client} FROM generate_series(1, 9) AS i"
        return Theme(
            (f"DECLARE h CURSOR WITH HOLD FOR {rows}",),
            ("FETCH 2 FROM h", "FETCH 2 FROM h", "CLOSE h", "CLOSE ALL"),
        )
