"""SQL that clients send. All of it says who sent it, where it says anything."""

from .chance import Chance
from .features import Feature
from .session import Session
from .tables import ROWS, table_of

SIZES = (1, 10, 500, 9_000, 70_000)


class Statements:
    """Makes up statements of one client."""

    def __init__(self, chance: Chance, client: int, features: Feature) -> None:
        self._chance = chance
        self._features = features
        self.client = client
        self.table = table_of(client)
        self.session = Session(chance, client, features)
        self._kinds = [
            *[self.reads] * 4,
            *[self.begins] * 2,
            *[self.ends] * 2,
            *[self.writes] * 2,
            self.marks,
            self.fails,
            self.cursor,
            self.copies_out,
            self.nothing,
        ]
        if self.session.themes:
            self._kinds += [self.session.any] * 3
        if Feature.NOTICES in features:
            self._kinds.append(self.notices)
        if Feature.PARAMETERS in features:
            self._kinds.append(self.sets)
        if Feature.DISCARDS in features:
            self._kinds.append(self.discards)
        if Feature.DEALLOCATE in features:
            self._kinds.append(self.deallocates)

    def any(self) -> str:
        """Return one statement."""
        return self._chance.pick(self._kinds)()

    def several(self) -> str:
        """Return some statements in one string."""
        # If DEALLOCATE ALL is the last of them and the transaction then fails, nobody
        # tells that it was done.
        kinds = [kind for kind in self._kinds if kind != self.discards]
        times = self._chance.times(2, 4)
        return "; ".join(self._chance.pick(kinds)() for _ in times)

    @property
    def tag(self) -> str:
        """A value that only this client asks for."""
        return f"client {self.client} says {self._chance.number(0, 99)}"

    def reads(self) -> str:
        chance, table = self._chance, self.table
        size, row = chance.pick(SIZES), chance.number(1, ROWS + 1)
        some = f"generate_series(1, {row})"
        return chance.pick(
            (
                f"SELECT '{self.tag}'",
                f"SELECT * FROM {table} ORDER BY id",
                f"SELECT count(*), sum(n) FROM {table}",
                f"SELECT n, word FROM {table} WHERE id = {row}",
                f"SELECT {self.client}, repeat('x', {size}) FROM {some}",
                f"VALUES (1, NULL), ({self.client}, 'b')",
                "SELECT",
                f"EXPLAIN (COSTS OFF) VALUES ({self.client}), (2)",
                f"WITH w AS (SELECT n FROM {table}) SELECT min(n) FROM w",
                f"SELECT id FROM {table} ORDER BY id FOR UPDATE",
            )
        )

    def plain(self) -> str:
        """Return what may be run twice unseen; some of it takes a while."""
        chance, table = self._chance, self.table
        row = chance.number(1, ROWS + 1)
        return chance.pick(
            (
                f"SELECT '{self.tag}'",
                f"SELECT n, word FROM {table} WHERE id = {row}",
                f"SELECT {self.client}, count(*) FROM generate_series(1, {row * 3000})",
                f"SELECT {self.client}, repeat('x', {chance.pick(SIZES)})",
                f"SELECT {self.client}, 1 / (3 - i) FROM generate_series(1, 5) AS i",
                f"SELECT * FROM {table} ORDER BY id",
                f"SELECT * FROM rig.missing{self.client}",
            )
        )

    def writes(self) -> str:
        chance, table = self._chance, self.table
        row, number = chance.number(1, ROWS + 3), chance.number(0, 99)
        return chance.pick(
            (
                f"UPDATE {table} SET n = n + {number} WHERE id = {row}",
                f"INSERT INTO {table} VALUES ({row}, {number}, '{self.tag}')",
                f"INSERT INTO {table} VALUES ({row + number}, {number}) RETURNING *",
                f"DELETE FROM {table} WHERE id = {row}",
                # Refused when the transaction ends.
                f"INSERT INTO {table} VALUES ({row + 10}, 1, 'orphan', 999)",
                f"UPDATE {table} SET word = repeat('{number}', 3000)",
            )
        )

    def begins(self) -> str:
        begins = ["BEGIN", "BEGIN READ ONLY", "BEGIN"]
        if Feature.ISOLATION in self._features:
            begins[2] = "BEGIN ISOLATION LEVEL REPEATABLE READ"
        return self._chance.pick(begins)

    def ends(self) -> str:
        return self._chance.pick(
            ("COMMIT", "ROLLBACK", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN", "ABORT")
        )

    def marks(self) -> str:
        return self._chance.pick(
            (
                "SAVEPOINT s",
                "ROLLBACK TO s",
                "RELEASE s",
                "SET CONSTRAINTS ALL IMMEDIATE",
                "SET TRANSACTION READ ONLY",
            )
        )

    def fails(self) -> str:
        return self._chance.pick(
            (
                "SELECT 1 / 0",
                f"nonsense of client {self.client}",
                f"SELECT {self.client}, 1 / (3 - i) FROM generate_series(1, 5) AS i",
                f"SELECT * FROM rig.missing{self.client}",
                f"SELECT 'client {self.client}'::int",
                # Fails in another way inside a transaction.
                "VACUUM rig.missing",
            )
        )

    def cursor(self) -> str:
        return self._chance.pick(
            (
                f"DECLARE c CURSOR FOR SELECT id, n FROM {self.table} ORDER BY id",
                "FETCH 2 FROM c",
                "MOVE 1 IN c",
                "CLOSE c",
            )
        )

    def copies_out(self) -> str:
        size = self._chance.pick(SIZES)
        return self._chance.pick(
            (
                f"COPY (SELECT id, n, word FROM {self.table} ORDER BY id) TO STDOUT",
                f"COPY (SELECT {self.client}, repeat('y', {size})) TO STDOUT",
                f"COPY (SELECT {self.client}, 7) TO STDOUT (FORMAT csv)",
                "COPY (SELECT 1 / (3 - i) FROM generate_series(1, 5) AS i) TO STDOUT",
            )
        )

    def nothing(self) -> str:
        return self._chance.pick(("", ";", "-- nothing"))

    def notices(self) -> str:
        level = self._chance.pick(("NOTICE", "WARNING", "INFO"))
        return f"DO $$ BEGIN RAISE {level} '{self.tag}'; END $$"

    def sets(self) -> str:
        number = self._chance.number(0, 9)
        return self._chance.pick(
            (
                f"SET application_name = 'client {self.client} {number}'",
                "SHOW application_name",
                f"SET LOCAL application_name = 'local {self.client} {number}'",
                "RESET application_name",
                "SET TimeZone = 'Asia/Tokyo'",
                "SHOW TimeZone",
                "SELECT timestamptz '2020-01-01 00:00+00'",
                "RESET TimeZone",
                "SET DateStyle = 'German'",
                "SET IntervalStyle = 'iso_8601'",
                f"SELECT interval '{number} days', date '2020-02-01'",
                "RESET ALL",
            )
        )

    def discards(self) -> str:
        return self._chance.pick(("DEALLOCATE ALL", "DISCARD ALL"))

    def deallocates(self) -> str:
        return self._chance.pick(("DEALLOCATE a", "DEALLOCATE missing"))
