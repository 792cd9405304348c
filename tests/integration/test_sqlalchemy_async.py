"""SQLAlchemy over asyncpg with the defaults of both, in transaction mode: two servers,
and another one after each transaction."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import selectinload

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.library import Author, Base, Book, url
from tests.integration.rotation import SERVERS, rotating

#: As many as SQLAlchemy's own pool has connections: 5, and 10 beyond.
CLIENTS = 15
OFTEN = 8

Work = Callable[[AsyncEngine], Awaitable[None]]


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating(start_pooler)


@pytest.fixture
def run(pooler: PoolerProcess) -> Callable[[Work], None]:
    """Return what runs a coroutine function that is given an engine."""

    async def main(work: Work) -> None:
        engine = create_async_engine(url(pooler, "asyncpg"))
        try:
            async with asyncio.timeout(30):
                async with engine.begin() as connection:
                    await connection.run_sync(Base.metadata.create_all)
                await work(engine)
        finally:
            await engine.dispose()

    def run_with(work: Work) -> None:
        asyncio.run(main(work))

    return run_with


async def names(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        query = select(Author.name).order_by(Author.name)
        return list(await connection.scalars(query))


def test_many_rows_are_inserted_by_values_and_come_back_in_order(
    run: Callable[[Work], None],
) -> None:
    rows = [{"name": f"author {n:04}"} for n in range(2500)]
    query = insert(Author).returning(Author.name, sort_by_parameter_order=True)

    async def work(engine: AsyncEngine) -> None:
        async with engine.begin() as connection:
            made = list(await connection.scalars(query, rows))
        assert made == [row["name"] for row in rows]
        assert await names(engine) == made

    run(work)


def test_many_rows_by_executemany(run: Callable[[Work], None]) -> None:
    async def work(engine: AsyncEngine) -> None:
        for base in range(0, 400, 100):
            rows = [{"name": f"{base + n:03}"} for n in range(100)]
            async with engine.begin() as connection:
                await connection.execute(insert(Author), rows)
        assert await names(engine) == [f"{n:03}" for n in range(400)]

    run(work)


def test_rows_are_streamed_within_a_transaction(run: Callable[[Work], None]) -> None:
    async def work(engine: AsyncEngine) -> None:
        for n in range(OFTEN):
            async with engine.connect() as connection:
                streamed = await connection.stream(
                    select(func.generate_series(1, 1000 + n)),
                    execution_options={"yield_per": 100},
                )
                total = 0
                async for row in streamed:
                    total += row[0]
                assert total == (1000 + n) * (1001 + n) // 2

    run(work)


def test_a_session_stores_and_loads_what_belongs_together(
    run: Callable[[Work], None],
) -> None:
    async def work(engine: AsyncEngine) -> None:
        for n in range(OFTEN):
            async with AsyncSession(engine) as session:
                books = [Book(title=f"{n} {i}", pages=i) for i in range(3)]
                session.add(Author(name=f"author {n}", books=books))
                await session.commit()
        async with AsyncSession(engine) as session:
            query = select(Author).options(selectinload(Author.books))
            loaded = await session.scalars(query.order_by(Author.id))
            stored = [(a.name, [b.title for b in a.books]) for a in loaded]
        assert stored == [
            (f"author {n}", [f"{n} {i}" for i in range(3)]) for n in range(OFTEN)
        ]

    run(work)


def test_a_session_goes_on_after_an_error_and_a_rollback(
    run: Callable[[Work], None],
) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            session.add(Author(name="one"))
            await session.commit()
            for n in range(OFTEN):
                session.add(Author(name=f"lost {n}"))
                await session.flush()
                session.add(Author(name="one"))
                with pytest.raises(IntegrityError):
                    await session.flush()
                await session.rollback()
                session.add(Author(name=f"two {n}"))
                await session.commit()
        assert await names(engine) == ["one", *[f"two {n}" for n in range(OFTEN)]]

    run(work)


async def add_within_a_savepoint(session: AsyncSession, name: str) -> None:
    async with session.begin_nested():
        session.add(Author(name=name))


def test_a_savepoint_saves_what_was_before_it(run: Callable[[Work], None]) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            for n in range(OFTEN):
                session.add(Author(name=f"{n}"))
                await session.flush()
                with pytest.raises(IntegrityError):
                    await add_within_a_savepoint(session, f"{n}")
                await add_within_a_savepoint(session, f"{n} too")
                await session.commit()
        expected = [name for n in range(OFTEN) for name in (f"{n}", f"{n} too")]
        assert await names(engine) == expected

    run(work)


def test_a_session_streams_objects(run: Callable[[Work], None]) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            session.add_all(Author(name=f"{n:04}") for n in range(1200))
            await session.commit()
            query = select(Author).order_by(Author.name)
            for _ in range(3):
                streamed = await session.stream_scalars(
                    query, execution_options={"yield_per": 100}
                )
                found = [author.name async for author in streamed]
                assert found == [f"{n:04}" for n in range(1200)]
                await session.commit()

    run(work)


def test_an_isolation_level_holds_where_it_was_asked_for(
    run: Callable[[Work], None],
) -> None:
    show = "SELECT current_setting('transaction_isolation')"

    async def work(engine: AsyncEngine) -> None:
        serializable = engine.execution_options(isolation_level="SERIALIZABLE")
        for _ in range(4):
            async with serializable.connect() as connection:
                shown = await connection.exec_driver_sql(show)
                assert shown.scalar() == "serializable"
            async with engine.connect() as connection:
                shown = await connection.exec_driver_sql(show)
                assert shown.scalar() == "read committed"

    run(work)


async def write(engine: AsyncEngine, number: int) -> None:
    """Write books, each in a transaction; every other one fails at first."""
    for n in range(OFTEN):
        async with AsyncSession(engine) as session:
            if n % 2:
                session.add(Book(title="lost", author_id=number))
                await session.flush()
                with pytest.raises(DBAPIError):
                    await session.execute(select(1 / func.length("")))
                await session.rollback()
            session.add(Book(title=f"{number} {n}", author_id=number))
            await session.commit()
            titles = select(Book.title).where(Book.author_id == number)
            found = (await session.scalars(titles.order_by(Book.id))).all()
            assert found == [f"{number} {i}" for i in range(n + 1)]


def test_many_sessions_at_once(
    run: Callable[[Work], None], pooler: PoolerProcess
) -> None:
    async def work(engine: AsyncEngine) -> None:
        async with AsyncSession(engine) as session:
            session.add_all(Author(id=n, name=f"{n}") for n in range(CLIENTS))
            await session.commit()
        await asyncio.gather(*(write(engine, number) for number in range(CLIENTS)))

    run(work)
    assert len(pooler.backends()) == SERVERS
