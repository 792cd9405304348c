"""Looking again and again, over connections that come and go."""

import asyncio
import os
import time
from collections.abc import Callable
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from .asking import Asker, NoAnswerError, connect
from .frame import clean, frame
from .look import Look

# Columns where neither a terminal nor COLUMNS says how many there are.
PLAIN_WIDTH: Final = 160

Shower = Callable[[RenderableType], object]


def run(where: str, interval: float, *, once: bool) -> int:
    """Show frames until Ctrl-C, or one; give the exit status."""
    console = Console(highlight=False)
    if not console.is_terminal and not os.environ.get("COLUMNS", "").isdigit():
        console.width = PLAIN_WIDTH
    try:
        if once:
            return asyncio.run(_once(where, console))
        if not console.is_terminal:
            asyncio.run(_watch(where, interval, console.print))
            return 0
        with Live(console=console, screen=True, auto_refresh=False) as live:
            asyncio.run(
                _watch(where, interval, lambda what: live.update(what, refresh=True))
            )
    except KeyboardInterrupt:
        pass
    return 0


async def _once(where: str, console: Console) -> int:
    try:
        connection = await connect(where)
        async with connection:
            look = await Asker(connection).look()
    except NoAnswerError as error:
        console.print(clean(f"no answer: {error}"))
        return 1
    console.print(frame(look, None, _now()))
    return 0


def _now() -> str:
    return time.strftime("%H:%M:%S")


async def _watch(where: str, interval: float, show: Shower) -> None:
    watcher = Watcher(where, interval, show)
    while True:
        await watcher.round()


class Watcher:
    """Keeps what was seen last while nobody answers."""

    def __init__(self, where: str, interval: float, show: Shower) -> None:
        self._where = where
        self._interval = interval
        self._show = show
        self._latest: Look | None = None
        self._since = ""

    async def round(self) -> None:
        """Look over one connection for as long as it lasts."""
        try:
            async with await connect(self._where) as console:
                await self._follow(Asker(console))
        except NoAnswerError as error:
            since = f" since {self._since}" if self._since else ""
            self._show(frame(self._latest, None, f"no answer{since}: {error}"))
        await asyncio.sleep(self._interval)

    async def _follow(self, asker: Asker) -> None:
        before = None
        while True:
            look = await asker.look()
            self._since = _now()
            self._show(frame(look, before, self._since))
            before = self._latest = look
            await asyncio.sleep(self._interval)
