"""Whether somebody answers at a pooler's own port, for a probe of one without HTTP."""

import asyncio
from contextlib import suppress
from typing import Final

from pgwire.startup import GSSENCRequest

# What is answered at once, by a letter, and is neither a login nor an attempt at one:
# the log would have a line for each.
_HELLO: Final = GSSENCRequest()


def greet(place: str | tuple[str, int], seconds: float) -> None:
    """Ask for something; whatever the answer, there is one.

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
