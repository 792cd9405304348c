"""asyncio's loop around a :class:`~pgpool_py.net.reactor.Reactor`."""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextvars import Context
from functools import partial
from socket import AddressFamily, SocketKind
from typing import Literal, TypeAlias, TypeVarTuple, Unpack

from .lookups import Lookups
from .reactor import Reactor

_Ts = TypeVarTuple("_Ts")
# A row of getaddrinfo's answer; the last kind is what a Python without IPv6 gives.
_Row: TypeAlias = (
    tuple[Literal[AddressFamily.AF_INET], SocketKind, int, str, tuple[str, int]]
    | tuple[
        Literal[AddressFamily.AF_INET6],
        SocketKind,
        int,
        str,
        tuple[str, int, int, int] | tuple[int, bytes],
    ]
)


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
        self._hears_signals = False
        self._is_closing = False
        self._lookups: Lookups[list[_Row]] = Lookups(self)

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

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - the name that asyncio gave it
        proto: int = 0,
        flags: int = 0,
    ) -> list[_Row]:
        """Ask as usual, in a thread that keeps nothing from going on or ending."""
        question = (host, port, family, type, proto, flags)
        work = partial(socket.getaddrinfo, *question)
        return await self._lookups.ask(question, work)

    def add_signal_handler(
        self,
        sig: int,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
    ) -> None:
        """Have a signal handled as usual."""
        super().add_signal_handler(sig, callback, *args)
        self._hears_signals = True

    def close(self) -> None:
        """Close as usual, but hear no signal from now on.

        asyncio closes what signals are written to first, and Python would tell of one
        that comes before it forgets the handlers.
        """
        self._is_closing = True
        if self._hears_signals:
            self._hears_signals = False
            signal.set_wakeup_fd(-1)
        super().close()

    def remove_signal_handler(self, sig: int) -> bool:
        """Give a signal its default back, but ignore it from the loop's end on.

        Else a second request to end would kill a process that is ending well.
        """
        if not self._is_closing:
            return super().remove_signal_handler(sig)
        signal.signal(sig, signal.SIG_IGN)
        return True

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
