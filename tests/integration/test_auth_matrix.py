"""Every way to be let in, with every kind of stored secret, to every kind of server.

The users are in PostgreSQL as well: ``KIND_SERVER`` has a secret of this KIND in
auth_file, none of the kind `lookup`, and PostgreSQL asks it for what SERVER says.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import asyncpg  # type: ignore[import-untyped]  # it comes without types
import psycopg
import pytest

from pgpool_py.embedded import EmbeddedPostgres
from pgwire.md5 import md5_secret
from tests.fixtures.pooler_files import POOLED
from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.programs import begin, finish

KINDS = ("plain", "md5", "scram", "lookup")
SERVERS = ("trust", "password", "md5", "scram-sha-256")
AUTH_TYPES = ("trust", "plain", "md5", "scram-sha-256", "hba")

OK = ""
NOT_LET_IN = "SASL authentication failed"
WRONG_TYPE = "wrong password type"
NOTHING_KNOWN = "no password is known"


@dataclass(frozen=True, slots=True)
class User:
    """One user; all have passwords of their own."""

    kind: str
    server: str

    @property
    def name(self) -> str:
        return f"{self.kind}_{self.server}".replace("-", "_")

    @property
    def password(self) -> str:
        return f"password of {self.name}"

    @property
    def encryption(self) -> str:
        """How PostgreSQL stores it; its method md5 takes both."""
        return "md5" if self.server == "md5" else "scram-sha-256"


USERS = [User(kind, server) for kind, server in product(KINDS, SERVERS)]


def expected(auth_type: str, user: User) -> str:
    """Return a part of the error, "" if the user gets in and to its server."""
    # What is stored here, or found by auth_query.
    stored = user.kind
    if stored == "lookup":
        stored = "md5" if user.encryption == "md5" else "scram"
    asked = "scram-sha-256" if auth_type == "hba" else auth_type
    if asked == "scram-sha-256" and stored == "md5":
        return NOT_LET_IN
    if user.server == "trust" or stored == "plain":
        return OK
    shown = asked == "plain"
    if stored == "md5":
        # Of those in auth_file nothing but that secret is used.
        usable = user.server == "md5" or (user.kind == "lookup" and shown)
        return OK if usable else WRONG_TYPE
    if asked == "trust":
        return NOTHING_KNOWN
    return OK if shown or user.server == "scram-sha-256" else WRONG_TYPE


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    """Return a server that asks each user for what its name says."""
    with EmbeddedPostgres(settings={"max_connections": "200"}) as server:
        server.createdb(POOLED)
        with psycopg.connect(server.dsn, autocommit=True) as admin:
            for user in USERS:
                admin.execute(f"SET password_encryption = '{user.encryption}'")
                admin.execute(
                    f"CREATE ROLE {user.name} LOGIN PASSWORD '{user.password}'"
                )
            hba = server.data_dir / "pg_hba.conf"
            lines = [f"host all {u.name} all {u.server}\n" for u in USERS]
            hba.write_text("".join(lines) + hba.read_text())
            admin.execute("SELECT pg_reload_conf()")
        yield server


@pytest.fixture(scope="module")
def secrets(server: EmbeddedPostgres) -> dict[str, str]:
    """Return what stands in auth_file; the SCRAM secrets are PostgreSQL's own."""
    found = {}
    for user in USERS:
        match user.kind:
            case "plain":
                found[user.name] = user.password
            case "md5":
                found[user.name] = md5_secret(user.name, user.password)
            case "scram":
                found[user.name] = _scram_secret(server, user)
    return found


def _scram_secret(server: EmbeddedPostgres, user: User) -> str:
    with psycopg.connect(server.dsn) as admin:
        admin.execute("SET LOCAL password_encryption = 'scram-sha-256'")
        if user.encryption == "md5":
            # Let it have one of another user, so that nobody changes its own.
            admin.execute(f"CREATE ROLE other LOGIN PASSWORD '{user.password}'")
        name = "other" if user.encryption == "md5" else user.name
        found = admin.execute(
            "SELECT rolpassword FROM pg_authid WHERE rolname = %s", (name,)
        ).fetchone()
        admin.rollback()
    assert found is not None
    return str(found[0])


@pytest.fixture(params=AUTH_TYPES)
def auth_type(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pooler(
    start_pooler: StartPooler,
    server: EmbeddedPostgres,
    secrets: dict[str, str],
    auth_type: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> PoolerProcess:
    """Return a pooler that looks up as `postgres`, whom its server trusts."""
    more = {}
    if auth_type == "hba":
        hba = tmp_path_factory.mktemp("hba") / "hba.conf"
        hba.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        more["auth_hba_file"] = str(hba)
    return start_pooler(
        server=server,
        users=secrets,
        auth_type=auth_type,
        auth_user="postgres",
        pool_mode="transaction",
        more=more,
    )


def by_psycopg(pooler: PoolerProcess, user: User) -> str:
    """Return who the server says that it is, or the error."""
    try:
        with pooler.connect(user=user.name, password=user.password) as client:
            row = client.execute("SELECT current_user").fetchone()
    except psycopg.OperationalError as error:
        return str(error)
    assert row == (user.name,)
    return OK


async def by_asyncpg(pooler: PoolerProcess, user: User) -> str:
    try:
        client = await asyncpg.connect(
            host=pooler.host,
            port=pooler.port,
            user=user.name,
            password=user.password,
            database="app",
            ssl=False,
        )
        assert await client.fetchval("SELECT current_user") == user.name
        await client.close()
    except asyncpg.PostgresError as error:
        return str(error)
    return OK


def outcomes(auth_type: str, said: dict[str, str]) -> dict[str, str]:
    """Return what was expected where it is in what was said, else what was said."""
    found = {}
    for user in USERS:
        wanted, text = expected(auth_type, user), said[user.name]
        fits = wanted in text if wanted else text == OK
        found[user.name] = wanted if fits else text
    return found


def test_who_gets_in_with_psycopg(pooler: PoolerProcess, auth_type: str) -> None:
    said = {user.name: by_psycopg(pooler, user) for user in USERS}
    wanted = {user.name: expected(auth_type, user) for user in USERS}
    assert outcomes(auth_type, said) == wanted


def test_who_gets_in_with_asyncpg(pooler: PoolerProcess, auth_type: str) -> None:
    async def ask() -> dict[str, str]:
        return {user.name: await by_asyncpg(pooler, user) for user in USERS}

    wanted = {user.name: expected(auth_type, user) for user in USERS}
    assert outcomes(auth_type, asyncio.run(ask())) == wanted


def test_a_wrong_password_and_no_user_are_told_alike(
    pooler: PoolerProcess, auth_type: str
) -> None:
    if auth_type == "trust":
        # There PostgreSQL itself would say who exists.
        return
    texts = set()
    for name in ("scram_trust", "lookup_trust", "nobody"):
        with pytest.raises(psycopg.OperationalError) as caught:
            pooler.connect(user=name, password="wrong").close()
        texts.add(str(caught.value).split("FATAL:")[-1])
    assert len(texts) == 1


def test_who_gets_in_with_psql(pooler: PoolerProcess) -> None:
    user = User("plain", "scram-sha-256")
    words = pooler.dsn(user=user.name, password=user.password)
    process = begin(pooler, "psql", "-XAtc", "SELECT current_user", database=words)
    assert finish(process) == f"{user.name}\n"
