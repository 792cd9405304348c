"""Tables and classes for the tests of SQLAlchemy: authors and their books."""

from sqlalchemy import ForeignKey
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import PoolerProcess


class Base(DeclarativeBase):
    """What SQLAlchemy asks for."""


class Author(Base):
    """Has a name that nobody else has."""

    __tablename__ = "author"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    """Has an author."""

    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


def url(pooler: PoolerProcess, driver: str) -> URL:
    """Return where the pooler is; everything else is SQLAlchemy's default."""
    return URL.create(
        f"postgresql+{driver}", USER, None, pooler.host, pooler.port, DATABASE
    )
