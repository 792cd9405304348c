"""The system's log, syslog(3), written to without ever waiting for it.

The functions of the C library wait while the log's daemon does not read, and with them
all clients would.
"""

import logging
import os
import socket
import sys
import time
from typing import Final

from pgpool_py.log import DEBUG, ERROR, FATAL, LOG, WARNING, TextFormatter
from pgpool_py.settings import Settings
from pgpool_py.wording import counted

_log = logging.getLogger(__name__)

SYSLOG_SOCKET: Final = "/var/run/syslog" if sys.platform == "darwin" else "/dev/log"

# RFC 5424, table 1, in syslog.conf's words
FACILITIES: Final = {
    "user": 1,
    "mail": 2,
    "daemon": 3,
    "auth": 4,
    "syslog": 5,
    "lpr": 6,
    "news": 7,
    "uucp": 8,
    "cron": 9,
    "authpriv": 10,
    "ftp": 11,
    **{f"local{number}": 16 + number for number in range(8)},
}

# RFC 5424, table 2: critical, error, warning, informational, debug. From the top, the
# first level that a record reaches.
_SEVERITIES: Final = ((FATAL, 2), (ERROR, 3), (WARNING, 4), (LOG, 6), (DEBUG, 7))
_LEAST: Final = 7

# What every daemon takes; a longer line is cut.
MOST_BYTES: Final = 8192

# Seconds between two warnings: a daemon that is too slow would else cause more lines.
QUIET: Final = 60.0


class SyslogHandler(logging.Handler):
    """Sends each line as one datagram; drops it where it cannot be taken at once.

    ``facility`` is one of ``FACILITIES``. The first of a row of drops is a warning in
    the log, and its end another with the count; not more often than every ``QUIET``
    seconds.
    """

    def __init__(self, ident: str, facility: str, path: str = SYSLOG_SOCKET) -> None:
        super().__init__()
        self.setFormatter(TextFormatter())
        self._ident = ident
        self._facility = FACILITIES[facility]
        self._path = path
        self._socket: socket.socket | None = None
        self._lost = 0
        self._failing = False
        self._announced = False
        self._told = float("-inf")

    def emit(self, record: logging.LogRecord) -> None:
        """Send the record's lines."""
        for line in self.format(record).split("\n"):
            try:
                self._send(self._datagram(record, line))
            except OSError as error:
                self._lose(error, record.created)
            else:
                self._recover()

    def _datagram(self, record: logging.LogRecord, line: str) -> bytes:
        """Give the line in the form of RFC 3164."""
        severity = next((s for x, s in _SEVERITIES if record.levelno >= x), _LEAST)
        local = time.localtime(record.created)
        # asctime speaks English whatever the locale: "Sat Nov  7 07:29:07 2026"
        when = time.asctime(local)[4:19]
        priority = self._facility * 8 + severity
        text = f"<{priority}>{when} {self._ident}[{os.getpid()}]: {line}"
        return text.encode(errors="backslashreplace")[:MOST_BYTES]

    def _send(self, datagram: bytes) -> None:
        if self._socket is not None:
            try:
                self._socket.send(datagram)
            except BlockingIOError:
                raise
            except OSError:
                # The daemon was started anew: its socket is another one now.
                self._hang_up()
            else:
                return
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.connect(self._path)
            sock.send(datagram)
        except OSError:
            sock.close()
            raise
        self._socket = sock

    def _lose(self, error: OSError, now: float) -> None:
        self._lost += 1
        if self._failing:
            # A warning of ours comes back to this handler, and ends here.
            return
        self._failing = True
        self._announced = now - self._told >= QUIET
        if self._announced:
            self._told = now
            _log.warning("syslog: lines are lost: %s: %s", self._path, error.strerror)

    def _recover(self) -> None:
        self._failing = False
        if self._announced:
            self._announced = False
            lost, self._lost = self._lost, 0
            _log.warning("syslog: %s lost", counted(lost, "line"))

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def close(self) -> None:
        """Close the socket too."""
        self._hang_up()
        super().close()


def syslog_handler(settings: Settings) -> SyslogHandler | None:
    """Give the handler that the settings ask for."""
    if not settings.syslog:
        return None
    return SyslogHandler(settings.syslog_ident, settings.syslog_facility)
