"""Whether somebody answers a client's login, for a probe of a pooler without HTTP."""

import asyncio
from contextlib import suppress
from typing import Final

from pgwire.startup import StartupMessage

# The console, for no pool is made for who asks there.
_HELLO: Final = StartupMessage(0, {"user": "pgbouncer", "database": "pgbouncer"})


def greet(place: str | tuple[str, int], seconds: float) -> None:
    """Begin to log in; whatever the answer, there is one.

    Args:
        place: a path of a unix socket, or an address and a port.
        seconds: for all of it.

    Raises:
        OSError, EOFError: there is none.
    """
    asyncio.run(_within(seconds, place))


async def _within(seconds: float, place: str | tuple[str, int]) -> None:
    async with asyncio.timeout(seconds):
        if isinstance(place, str):
            reader, writer = await asyncio.open_unix_connection(place)
        else:
            reader, writer = await asyncio.open_connection(*place)
        try:
            writer.write(_HELLO.encode())
            await reader.readexactly(1)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
