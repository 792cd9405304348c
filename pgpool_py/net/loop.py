"""asyncio's loop around a :class:`~pgpool_py.net.reactor.Reactor`."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import TypeVarTuple, Unpack

from .reactor import Reactor

_Ts = TypeVarTuple("_Ts")


class ReactorLoop(asyncio.SelectorEventLoop):
    """A selector loop that tells its reactor when it was given work.

    ``call_soon`` and ``call_at`` are the two doors through which all work of asyncio
    comes in (tasks and futures call them as well), ``stop`` is the way out; from other
    threads it comes through the self-pipe, which the reactor reports like any
    descriptor of asyncio's.
    """

    def __init__(self, reactor: Reactor) -> None:
        # Before the base class, whose constructor may call call_soon.
        self.reactor = reactor
        super().__init__(reactor)
        reactor.on_fault = self._report

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Schedule as usual, and end the reactor's wait."""
        self.reactor.stir()
        return super().call_soon(callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule as usual, and let the reactor learn the new deadline."""
        self.reactor.stir()
        return super().call_at(when, callback, *args, context=context)

    def stop(self) -> None:
        """Stop as usual, and end the reactor's wait."""
        self.reactor.stir()
        super().stop()

    def _report(self, error: Exception) -> None:
        self.call_exception_handler(
            {"message": "a data socket's callback failed", "exception": error}
        )


def new_loop() -> ReactorLoop:
    """Give a loop of its own reactor, for ``asyncio.Runner(loop_factory=new_loop)``."""
    return ReactorLoop(Reactor())
