"""What is in the database: a table for each client, one that refuses COPY, roles."""

import psycopg
from psycopg.rows import TupleRow

#: How many clients one conversation may have.
MOST_CLIENTS = 32
#: Rows that each table begins with.
ROWS = 5

REFUSING = "rig.refusing"

#: Those that clients may become; the first may read the tables.
ROLES = ("rig_reader", "rig_nobody")

_LOCK_TIMEOUT = "15s"


def table_of(client: int) -> str:
    """Return the name of a client's own table."""
    return f"rig.t{client:02}"


class Tables:
    """The tables, looked at and restored past the pooler.

    The connection is kept open and must be in autocommit.
    """

    def __init__(self, connection: psycopg.Connection[TupleRow]) -> None:
        self._connection = connection
        self._execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}'")
        self._execute("SET client_min_messages = error")
        self._execute("DROP SCHEMA IF EXISTS rig CASCADE; CREATE SCHEMA rig")
        self._execute(
            f"CREATE TABLE {REFUSING} (n int);"
            "CREATE FUNCTION rig.refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'refused'; END $$;"
            f"CREATE TRIGGER refuse BEFORE INSERT ON {REFUSING} "
            "EXECUTE FUNCTION rig.refuse()"
        )
        for client in range(MOST_CLIENTS):
            name = table_of(client)
            self._execute(
                f"CREATE TABLE {name} (id int PRIMARY KEY, n int, word text, "
                f"parent int REFERENCES {name} DEFERRABLE INITIALLY DEFERRED)"
            )
            self._execute(_filling(client))
        self._drop_roles()
        for role in ROLES:
            self._execute(f"CREATE ROLE {role}")
        self._execute(
            f"GRANT USAGE ON SCHEMA rig TO {ROLES[0]};"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA rig TO {ROLES[0]}"
        )

    def drop(self) -> None:
        """Remove all of it."""
        self._execute("DROP SCHEMA rig CASCADE")
        self._drop_roles()

    def _drop_roles(self) -> None:
        for role in ROLES:
            self._execute(
                f"DO $$ BEGIN DROP OWNED BY {role}; DROP ROLE {role}; "
                "EXCEPTION WHEN undefined_object THEN END $$"
            )

    def contents(self, clients: int) -> list[str]:
        """Return what is in the tables of the clients 0 to `clients`, without the end.

        First all transactions are waited for that have written to them; it is an
        error if one does not end in time.
        """
        names = [table_of(client) for client in range(clients)]
        columns = (
            f"(SELECT string_agg(t::text, ' ' ORDER BY id) FROM {name} AS t)"
            for name in names
        )
        locks = f"LOCK TABLE {', '.join(names)} IN SHARE MODE"
        query = f"BEGIN; {locks}; SELECT {', '.join(columns)}; COMMIT"
        try:
            cursor = self._connection.execute(query.encode())
        except psycopg.Error:
            self._execute("ROLLBACK")
            raise
        while cursor.description is None:
            assert cursor.nextset(), "no statement had a result"
        row = cursor.fetchone()
        assert row is not None
        return [text or "" for text in row]

    def restore(self, contents: list[str]) -> None:
        """Bring those tables back to what they begin with that hold something else."""
        changed = [c for c, text in enumerate(contents) if text != _initial(c)]
        if changed:
            names = ", ".join(map(table_of, changed))
            self._execute("; ".join([f"TRUNCATE {names}", *map(_filling, changed)]))

    def _execute(self, sql: str) -> None:
        self._connection.execute(sql.encode())


def _filling(client: int) -> str:
    return (
        f"INSERT INTO {table_of(client)} "
        f"SELECT i, {client * 1000} + i, 'row ' || i, NULL "
        f"FROM generate_series(1, {ROWS}) AS i"
    )


def _initial(client: int) -> str:
    rows = range(1, ROWS + 1)
    return " ".join(f'({i},{client * 1000 + i},"row {i}",)' for i in rows)
