"""A shop with two parts: stock by SQLAlchemy, and reports by psycopg."""

import psycopg
from sqlalchemy import Engine, String, create_engine, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    mapped_column,
    scoped_session,
    sessionmaker,
)

#: One for each thread.
SESSIONS: scoped_session[Session] = scoped_session(sessionmaker())


class Base(DeclarativeBase):
    """What all tables have in common."""


class Item(Base):
    """Something on a shelf."""

    __tablename__ = "item"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    left: Mapped[int]


def open_shop(url: str) -> Engine:
    """Return the way to its database; all sessions take it from now on."""
    address = url.replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(address, connect_args={"application_name": "stock"})
    SESSIONS.configure(bind=engine)
    return engine


def add(name: str, left: int) -> None:
    """Put something on the shelf."""
    with SESSIONS.begin():
        SESSIONS.add(Item(name=name, left=left))


def sell(name: str) -> None:
    """Take one from the shelf."""
    with SESSIONS.begin():
        wanted = select(Item).where(Item.name == name).with_for_update()
        SESSIONS.scalars(wanted).one().left -= 1


def left_of(name: str) -> int:
    """Return how many are left of something."""
    left = SESSIONS.scalars(select(Item.left).where(Item.name == name)).one()
    SESSIONS.remove()
    return left


def report(dsn: str) -> list[tuple[str, int]]:
    """Return what is left of everything, by name."""
    with psycopg.connect(dsn, application_name="report") as connection:
        # LOCAL: for this transaction, whoever has the server next.
        connection.execute("SET LOCAL statement_timeout = '5s'")
        rows = connection.execute('SELECT name, "left" FROM item ORDER BY name')
        return [(name, left) for name, left in rows]
