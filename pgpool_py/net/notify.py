"""What systemd is told of this process, sd_notify(3)."""

import contextlib
import errno
import socket
import time
from collections import deque
from collections.abc import MutableMapping
from typing import Final

from .address import kernel_path

# So many messages wait for a service manager that does not read; the oldest goes.
_MOST_UNSENT: Final = 16

_LATER: Final = frozenset({errno.EAGAIN, errno.ENOBUFS})


class ServiceManager:
    """The socket of the service manager, as ``NOTIFY_SOCKET`` names it.

    An ``address`` begins with "/" or "@"; with any other, nobody is told anything. No
    call blocks: what cannot be sent yet goes with the next :meth:`flush`.
    """

    def __init__(self, address: str = "") -> None:
        self._path = kernel_path(address)
        self._socket: socket.socket | None = None
        self._unsent: deque[bytes] = deque(maxlen=_MOST_UNSENT)
        if address.startswith(("/", "@")):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "ServiceManager":
        """Give the one that started us; take its name out of ``environment``."""
        return cls(environment.pop("NOTIFY_SOCKET", ""))

    @property
    def unsent(self) -> int:
        """Give how many messages wait to be sent."""
        return len(self._unsent)

    def ready(self) -> None:
        """Say that all is up, at the start or after a reload."""
        self._send("READY=1")

    def reloading(self) -> None:
        """Say that a reload has begun, by the clock that systemd compares with."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send(f"RELOADING=1\nMONOTONIC_USEC={now}")

    def status(self, text: str) -> None:
        """Show one line of text in ``systemctl status``."""
        self._send(f"STATUS={text}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if self._socket is not None:
            self._unsent.append(message.encode())
            self.flush()

    def flush(self) -> None:
        """Send what could not be sent before."""
        while self._socket is not None and self._unsent:
            try:
                self._socket.sendto(self._unsent[0], self._path)
            except OSError as error:
                if error.errno in _LATER:
                    return
                # Nobody listens there. To serve goes on without.
            self._unsent.popleft()

    def close(self) -> None:
        """Say no more."""
        with contextlib.suppress(OSError):
            self.flush()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
