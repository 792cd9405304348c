"""Clients of psycopg that prepare every statement when it comes first."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow

from tests.fixtures.pooling import PoolerProcess

Connection = psycopg.Connection[TupleRow]
AsyncConnection: TypeAlias = psycopg.AsyncConnection[TupleRow]


def connect(pooler: PoolerProcess, *, autocommit: bool = True) -> Connection:
    return pooler.connect(prepare_threshold=0, autocommit=autocommit)


@asynccontextmanager
async def open_client(pooler: PoolerProcess) -> AsyncIterator[AsyncConnection]:
    async with await AsyncConnection.connect(
        pooler.dsn(), autocommit=True, prepare_threshold=0
    ) as client:
        yield client
