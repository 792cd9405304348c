"""Log lines in PgBouncer's format, through the standard ``logging``.

A line reads ``2026-11-22 07:29:07.016 UTC [pid] LOG C-0x7f…: db/user@addr:port text``.
The part up to the text is the *subject*; a call names it with ``extra``::

    logger.info("closing because: %s (age=%ds)", reason, age, extra=about(client))

and its ``__str__`` is called only when the line is printed, so a switched-off level
costs neither a format nor an object per connection.
"""

import contextlib
import logging
import os
import sys
import time
from types import TracebackType
from typing import Final, Self, TextIO

NOISE = 5
DEBUG = logging.DEBUG
LOG = logging.INFO
WARNING = logging.WARNING
ERROR = logging.ERROR
FATAL = logging.CRITICAL

# PgBouncer's names, which are not logging's. Not given to logging.addLevelName: that
# would rename the levels of everybody else in the process.
LEVEL_NAMES = {
    NOISE: "NOISE",
    DEBUG: "DEBUG",
    LOG: "LOG",
    WARNING: "WARNING",
    ERROR: "ERROR",
    FATAL: "FATAL",
}

# verbose = 0, 1, 2, 3 and more.
VERBOSITY = (LOG, DEBUG, NOISE, NOISE - 1)

# asyncio reports what no task caught; it belongs into the same file.
LOGGERS = ("pgpool_py", "asyncio")


def about(subject: object) -> dict[str, object]:
    """Return the ``extra`` that puts ``str(subject)`` and a blank before the text."""
    return {"subject": subject}


def level_for(verbose: int) -> int:
    """Return the logging level of ``verbose``; beyond 3 nothing more is said."""
    return VERBOSITY[min(max(verbose, 0), len(VERBOSITY) - 1)]


# Seconds between two complaints about a file that cannot be written.
COMPLAINT_INTERVAL: Final = 60.0


class TextFormatter(logging.Formatter):
    """Format a record as its subject and text alone, a traceback after it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its newline."""
        subject = getattr(record, "subject", None)
        text = record.getMessage()
        if subject is not None:
            text = f"{subject} {text}"
        line = self.head(record) + _printable(text)
        if record.exc_info:
            trace = self.formatException(record.exc_info).split("\n")
            line = "\n".join((line, *map(_printable, trace)))
        return line

    def head(self, record: logging.LogRecord) -> str:
        """Return what stands in front of the subject."""
        del record
        return ""


class LineFormatter(TextFormatter):
    """Format a record as one line in local time, a traceback after it."""

    def __init__(self) -> None:
        super().__init__()
        # The last second that was written, and how.
        self._written = (-1, "", "")

    def head(self, record: logging.LogRecord) -> str:
        """Return time, process and level."""
        level = LEVEL_NAMES.get(record.levelno, record.levelname)
        return f"{self.formatTime(record)} [{record.process}] {level} "

    def formatTime(  # noqa: N802 - logging's name
        self, record: logging.LogRecord, datefmt: str | None = None
    ) -> str:
        """Return date, time with milliseconds, and zone; always PgBouncer's form."""
        del datefmt
        second, day, zone = self._written
        if second != int(record.created):
            second = int(record.created)
            local = time.localtime(second)
            day = time.strftime("%Y-%m-%d %H:%M:%S", local)
            zone = time.strftime("%Z", local)
            self._written = (second, day, zone)
        return f"{day}.{int(record.msecs):03d} {zone}"


class LogFile(logging.StreamHandler[TextIO]):
    """A file that is appended to and can be opened anew after it was rotated.

    What cannot be written, as on a full disk, is lost; stderr is told once a minute.
    """

    def __init__(self, path: str) -> None:
        super().__init__(_open(path))
        self.path = path
        self._complained = -COMPLAINT_INTERVAL

    def reopen(self, path: str) -> None:
        """Go on in ``path``; on OSError the old file stays in use."""
        fresh = _open(path)
        old = self.setStream(fresh)
        self.path = path
        if old is not None:
            _close(old)

    def flush(self) -> None:
        """Write what is kept; whether that goes well is nothing to stop for."""
        try:
            super().flush()
        except OSError as error:
            self._complain(error)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's
        """Go on without the line."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError):
            self._complain(error)
        else:
            super().handleError(record)

    def _complain(self, error: OSError) -> None:
        now = time.monotonic()
        if now - self._complained >= COMPLAINT_INTERVAL and sys.stderr is not None:
            self._complained = now
            why = error.strerror or type(error).__name__
            print(f"logfile {self.path} cannot be written: {why}", file=sys.stderr)

    def close(self) -> None:
        """Close the file too."""
        self.flush()
        _close(self.stream)
        super().close()


class Log:
    """The log of this process, from construction to ``close()``.

    ``logfile`` empty means none. Raises OSError if the file cannot be opened.
    Loggers get their old set-up back at ``close()``.
    """

    def __init__(
        self, logfile: str = "", verbose: int = 0, *, to_stderr: bool = True
    ) -> None:
        self._file = LogFile(logfile) if logfile else None
        self._console = logging.StreamHandler(sys.stderr) if to_stderr else None
        self._other: logging.Handler | None = None
        self._before = {
            name: (logging.getLogger(name).level, logging.getLogger(name).propagate)
            for name in LOGGERS
        }
        for name in LOGGERS:
            logging.getLogger(name).propagate = False
        for handler in (self._file, self._console):
            if handler is not None:
                self._attach(handler)
        self.set_verbose(verbose)

    def set_verbose(self, verbose: int) -> None:
        """Say more (1 DEBUG, 2 NOISE, 3 everything) or less."""
        for name in LOGGERS:
            logging.getLogger(name).setLevel(level_for(verbose))

    def reopen(self, logfile: str) -> None:
        """Open ``logfile`` anew, or another one; empty ends it.

        Raises OSError if it cannot be opened; the log then goes on as before.
        """
        if self._file is not None and logfile:
            self._file.reopen(logfile)
        elif logfile:
            self._file = LogFile(logfile)
            self._attach(self._file)
        elif self._file is not None:
            self._detach(self._file)
            self._file = None

    def copy_to(self, handler: logging.Handler | None) -> None:
        """Log there too, in place of where the last call said; None is nowhere."""
        if self._other is not None:
            self._detach(self._other)
        self._other = handler
        if handler is not None:
            self._attach(handler)

    def close(self) -> None:
        """Take our handlers off the loggers and close the file."""
        for handler in (self._file, self._console, self._other):
            if handler is not None:
                self._detach(handler)
        self._file = self._console = self._other = None
        for name, (level, propagate) in self._before.items():
            logging.getLogger(name).setLevel(level)
            logging.getLogger(name).propagate = propagate

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _attach(self, handler: logging.Handler) -> None:
        if handler.formatter is None:
            handler.setFormatter(LineFormatter())
        for name in LOGGERS:
            logging.getLogger(name).addHandler(handler)

    def _detach(self, handler: logging.Handler) -> None:
        for name in LOGGERS:
            logging.getLogger(name).removeHandler(handler)
        handler.close()


def _open(path: str) -> TextIO:
    return open(
        path, "a", encoding="utf-8", errors="backslashreplace", opener=_never_waiting
    )


def _never_waiting(path: str, flags: int) -> int:
    """Open a file that may be a pipe: one that nobody reads is an error at once."""
    return os.open(path, flags | os.O_NONBLOCK, 0o666)


def _close(stream: TextIO) -> None:
    # What it still held may not fit on the disk.
    with contextlib.suppress(OSError):
        stream.close()


def _printable(text: str) -> str:
    """Escape what ends a line, turns it around, or does not show.

    Names of databases and users come from strangers: no line may forge another one.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escaped(ord(c)) for c in text)


def _escaped(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
