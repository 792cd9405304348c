"""The pytest plugin: fixtures `pgpool` and `pgpool_session`, the marker `pgpool`."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import NoReturn

import pytest

from .as_installed import as_installed
from .errors import LeftBehindError

_MISSING = "the fixtures of pgpool_py need: pip install 'pgpool-py[test]'"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add where PostgreSQL is, and whether tests are strict."""
    group = parser.getgroup("pgpool", "PostgreSQL through a pooler")
    text = "PostgreSQL behind the fixture pgpool; else an embedded one is started"
    group.addoption("--pgpool-dsn", default=None, metavar="DSN", help=text)
    parser.addini("pgpool_dsn", text, default="")
    strict = "fail tests that leave session state, transactions or connections"
    parser.addini("pgpool_strict", strict, type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Spare the tests a compilation of all that they import of ours."""
    stack = ExitStack()
    stack.enter_context(as_installed())
    early_config.add_cleanup(stack.close)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    text = "pgpool(strict=None, **settings): how the fixture pgpool is set up"
    config.addinivalue_line("markers", text)


@pytest.fixture(scope="session")
def pgpool_dsn(pytestconfig: pytest.Config) -> Iterator[str]:
    """Return where PostgreSQL is; override it to say so by a fixture."""
    given = pytestconfig.getoption("--pgpool-dsn") or pytestconfig.getini("pgpool_dsn")
    if given:
        yield str(given)
        return
    # pytest loads this file whether or not any test asks for a pooler.
    from pgpool_py.embedded import (  # noqa: PLC0415
        BinariesNotFoundError,
        EmbeddedPostgres,
    )

    try:
        server = EmbeddedPostgres()
    except BinariesNotFoundError as error:
        _fail(f"{error}. Or say by --pgpool-dsn where one runs already")
    with server:
        yield server.dsn


@pytest.fixture(scope="session")
def pgpool_session(request: pytest.FixtureRequest) -> Iterator[object]:
    """Return a pooler that all tests of the session share; it is not strict."""
    with _pooler(request.getfixturevalue("pgpool_dsn")) as pool:
        yield pool


@pytest.fixture
def pgpool(request: pytest.FixtureRequest) -> Iterator[object]:
    """Return a pooler of the test's own."""
    marker = request.node.get_closest_marker("pgpool")
    settings = {} if marker is None else dict(marker.kwargs)
    strict = settings.pop("strict", None)
    if strict is None:
        strict = request.config.getini("pgpool_strict")
    pool = _pooler(_behind(request), strict=bool(strict), **settings)
    with _told_plainly(), pool as running:
        yield running


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Fail without a traceback: it would lead to where we looked, and to no mistake."""
    try:
        yield
    except LeftBehindError as left:
        _fail(str(left))


def _behind(request: pytest.FixtureRequest) -> str:
    """Return what pytest-postgresql has made for the test, if it asks for that."""
    if "postgresql" in request.fixturenames:
        info = request.getfixturevalue("postgresql").info
        words = {"host": info.host, "port": info.port, "user": info.user}
        secret = {"password": info.password} if info.password else {}
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - it is there

        return make_conninfo(**words, **secret, dbname=info.dbname)
    return str(request.getfixturevalue("pgpool_dsn"))


def _pooler(
    dsn: str, *, strict: bool = False, **settings: str | float | bool
) -> AbstractContextManager[object]:
    try:
        import psycopg  # noqa: F401, PLC0415 - of the extra
    except ImportError as error:
        _fail(f"{_MISSING} ({error})")
    from .handle import pooler  # noqa: PLC0415 - as above

    return pooler(dsn, strict=strict, **settings)


def _fail(said: str) -> NoReturn:
    # What has led to it is told as well, and would be told first.
    raise pytest.fail.Exception(said, pytrace=False) from None
