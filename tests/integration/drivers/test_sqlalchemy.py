"""SQLAlchemy with its defaults and a ping at each checkout, over both drivers."""

import asyncio

import pytest
from sqlalchemy import Engine, create_engine, func, inspect, literal, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from tests.fixtures.observing import Observed
from tests.integration.library import Author, Base, url


@pytest.fixture
def engine(observed: Observed) -> Engine:
    return create_engine(url(observed.pooler, "psycopg"), pool_pre_ping=True)


def test_checkouts_cost_nothing(observed: Observed, engine: Engine) -> None:
    for number in range(5):
        # The first finds out who PostgreSQL is; all are rolled back at the end.
        with engine.connect() as connection:
            assert connection.scalar(select(literal(number))) == number
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.execute(select(1 / func.length("")))
    engine.dispose()
    assert observed.cost() == []


@pytest.mark.parametrize("level", ["SERIALIZABLE", "AUTOCOMMIT"])
def test_isolation_levels_cost_nothing(
    observed: Observed, engine: Engine, level: str
) -> None:
    for _ in range(3):
        with engine.connect().execution_options(isolation_level=level) as connection:
            connection.execute(text("SELECT 1"))
    engine.dispose()
    assert observed.cost() == []


def test_tables_sessions_and_inspection_cost_nothing(
    observed: Observed, engine: Engine
) -> None:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Author(name=f"{number}") for number in range(3))
        session.commit()
        with session.begin_nested():
            session.add(Author(name="one more"))
        session.commit()
        assert session.scalar(select(func.count()).select_from(Author)) == 4
    found = inspect(engine)
    assert [column["name"] for column in found.get_columns("author")] == ["id", "name"]
    assert found.get_foreign_keys("book")
    engine.dispose()
    assert observed.cost() == []


def test_asyncpg_below_it_costs_nothing_either(observed: Observed) -> None:
    async def main() -> None:
        engine = create_async_engine(
            url(observed.pooler, "asyncpg"), pool_pre_ping=True
        )
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        for number in range(3):
            async with AsyncSession(engine) as session:
                session.add(Author(name=f"{number}"))
                await session.commit()
        async with engine.connect() as connection:
            names = await connection.scalars(select(Author.name).order_by(Author.id))
            assert list(names) == ["0", "1", "2"]
        await engine.dispose()

    asyncio.run(main())
    assert observed.cost() == []
