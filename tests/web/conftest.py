"""A loop that runs in a thread of its own."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from tests.fixtures.waiting import PATIENCE


@pytest.fixture
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that serves in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()
