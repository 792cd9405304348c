"""SQLAlchemy over psycopg with the defaults of both, in transaction mode: two servers,
and another one after each transaction."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, create_engine, func, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, selectinload

from tests.fixtures.pooling import PoolerProcess, StartPooler
from tests.integration.library import Author, Base, Book, url
from tests.integration.rotation import SERVERS, rotating

#: As many as SQLAlchemy's own pool has connections: 5, and 10 beyond.
CLIENTS = 15

# psycopg prepares a statement when it is executed for the sixth time.
OFTEN = 10


@pytest.fixture
def pooler(start_pooler: StartPooler) -> PoolerProcess:
    return rotating(start_pooler)


@pytest.fixture
def engine(pooler: PoolerProcess) -> Iterator[Engine]:
    engine = create_engine(url(pooler, "psycopg"))
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def names(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Author.name).order_by(Author.name)))


# Core


def test_tables_are_made_described_and_dropped(engine: Engine) -> None:
    inspector = inspect(engine)
    assert set(inspector.get_table_names()) == {"author", "book"}
    assert [c["name"] for c in inspector.get_columns("author")] == ["id", "name"]
    (key,) = inspector.get_foreign_keys("book")
    assert key["referred_table"] == "author"
    Base.metadata.drop_all(engine)
    assert inspect(engine).get_table_names() == []


def test_the_same_statements_again_and_again(engine: Engine) -> None:
    for n in range(OFTEN):
        with engine.begin() as connection:
            made = connection.execute(
                insert(Author).values(name=f"author {n}").returning(Author.id)
            ).scalar_one()
        with engine.begin() as connection:
            connection.execute(
                update(Author).where(Author.id == made).values(name=f"changed {n}")
            )
        with engine.connect() as connection:
            query = select(Author.name).where(Author.id == made)
            assert connection.scalar(query) == f"changed {n}"


def test_what_was_not_committed_is_rolled_back(engine: Engine) -> None:
    for _ in range(OFTEN):
        with engine.connect() as connection:
            connection.execute(insert(Author).values(name="nobody"))
    assert names(engine) == []


def test_many_rows_are_inserted_by_values_and_come_back_in_order(
    engine: Engine,
) -> None:
    rows = [{"name": f"author {n:04}"} for n in range(2500)]
    query = insert(Author).returning(Author.name, sort_by_parameter_order=True)
    with engine.begin() as connection:
        made = list(connection.scalars(query, rows))
    assert made == [row["name"] for row in rows]
    assert names(engine) == made


def test_many_rows_by_executemany(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Author), [{"name": f"{n:03}"} for n in range(300)])
    changes = [{"old": f"{n:03}", "new": f"new {n:03}"} for n in range(300)]
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE author SET name = %(new)s WHERE name = %(old)s", changes
        )
    assert names(engine) == [change["new"] for change in changes]


def test_rows_are_streamed_within_a_transaction(engine: Engine) -> None:
    for n in range(OFTEN):
        with engine.connect() as connection:
            numbers = select(func.generate_series(1, 1000 + n))
            streaming = connection.execution_options(yield_per=100)
            total = 0
            for rows in streaming.execute(numbers).partitions():
                assert len(rows) <= 100
                total += sum(row[0] for row in rows)
            assert total == (1000 + n) * (1001 + n) // 2


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("SERIALIZABLE", "serializable"),
        ("REPEATABLE READ", "repeatable read"),
        ("AUTOCOMMIT", "read committed"),
    ],
)
def test_an_isolation_level_holds_where_it_was_asked_for(
    engine: Engine, level: str, shown: str
) -> None:
    show = "SELECT current_setting('transaction_isolation')"
    for _ in range(4):
        with engine.connect().execution_options(isolation_level=level) as connection:
            assert connection.exec_driver_sql(show).scalar() == shown
        with engine.connect() as connection:
            assert connection.exec_driver_sql(show).scalar() == "read committed"


# Sessions


def test_a_session_stores_and_loads_what_belongs_together(engine: Engine) -> None:
    for n in range(OFTEN):
        with Session(engine) as session:
            books = [Book(title=f"{n} {i}", pages=i) for i in range(3)]
            session.add(Author(name=f"author {n}", books=books))
            session.commit()
    with Session(engine) as session:
        query = select(Author).options(selectinload(Author.books)).order_by(Author.id)
        stored = [(a.name, [b.title for b in a.books]) for a in session.scalars(query)]
    expected = [(f"author {n}", [f"{n} {i}" for i in range(3)]) for n in range(OFTEN)]
    assert stored == expected


def test_a_session_goes_on_in_another_transaction_after_each_commit(
    engine: Engine,
) -> None:
    with Session(engine) as session:
        author = Author(name="one")
        session.add(author)
        session.commit()
        for n in range(OFTEN):
            # Loaded anew, as everything is after a commit.
            author.books.append(Book(title=f"book {n}"))
            session.commit()
            assert len(author.books) == n + 1
        session.rollback()


def test_a_session_goes_on_after_an_error_and_a_rollback(engine: Engine) -> None:
    with Session(engine) as session:
        session.add(Author(name="one"))
        session.commit()
        for n in range(OFTEN):
            session.add(Author(name=f"lost {n}"))
            session.flush()
            session.add(Author(name="one"))
            with pytest.raises(IntegrityError):
                session.flush()
            session.rollback()
            session.add(Author(name=f"two {n:02}"))
            session.commit()
    assert names(engine) == ["one", *[f"two {n:02}" for n in range(OFTEN)]]


def test_a_savepoint_saves_what_was_before_it(engine: Engine) -> None:
    with Session(engine) as session:
        for n in range(OFTEN):
            session.add(Author(name=f"{n:02}"))
            session.flush()
            with pytest.raises(IntegrityError), session.begin_nested():
                session.add(Author(name=f"{n:02}"))
            with session.begin_nested():
                session.add(Author(name=f"{n:02} too"))
            session.commit()
    expected = [name for n in range(OFTEN) for name in (f"{n:02}", f"{n:02} too")]
    assert names(engine) == expected


def test_a_session_streams_objects(engine: Engine) -> None:
    with Session(engine) as session:
        session.add_all(Author(name=f"{n:04}") for n in range(1200))
        session.commit()
        query = select(Author).order_by(Author.name)
        for _ in range(3):
            streamed = session.scalars(query.execution_options(yield_per=100))
            assert [a.name for a in streamed] == [f"{n:04}" for n in range(1200)]
            session.commit()


# Many clients


def test_many_sessions_move_pages_and_none_is_lost(
    engine: Engine, pooler: PoolerProcess
) -> None:
    with Session(engine) as session:
        books = [Book(title=f"{n}", pages=100) for n in range(CLIENTS)]
        session.add(Author(name="one", books=books))
        session.commit()

    def move(session: Session, giver: int, taker: int) -> None:
        # In one order, or they would wait for each other.
        query = select(Book).where(Book.id.in_((giver, taker)))
        locked = session.scalars(query.order_by(Book.id).with_for_update())
        pages = {book.id: book for book in locked}
        pages[giver].pages -= 1
        pages[taker].pages += 1
        session.flush()

    def work(number: int) -> None:
        giver, taker = number + 1, (number + 1) % CLIENTS + 1
        for n in range(OFTEN):
            with Session(engine) as session:
                move(session, giver, taker)
                if n % 2:
                    session.commit()
                    continue
                with pytest.raises(DBAPIError):
                    session.execute(select(1 / func.length("")))
                session.rollback()
                move(session, giver, taker)
                session.commit()

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert list(threads.map(work, range(CLIENTS))) == [None] * CLIENTS
    with Session(engine) as session:
        pages = session.scalars(select(Book.pages)).all()
    # Each gave as many as it took.
    assert pages == [100] * CLIENTS
    assert len(pooler.backends()) == SERVERS
