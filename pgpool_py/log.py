"""Log lines in PgBouncer's format, through the standard ``logging``.

A line reads ``2026-11-22 07:29:07.016 UTC [pid] LOG C-0x7f…: db/user@addr:port text``.
The part up to the text is the *subject*; a call names it with ``extra``::

    logger.info("closing because: %s (age=%ds)", reason, age, extra=about(client))

and its ``__str__`` is called only when the line is printed, so a switched-off level
costs neither a format nor an object per connection. A client's application is named
behind the text, where no parser of PgBouncer's lines looks; with ``log_format = json``
what is known of the subject has fields of its own.
"""

import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Protocol, Self, TextIO, runtime_checkable

ALL = logging.NOTSET
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


#: Characters that are shown of an application's name (NAMEDATALEN of PostgreSQL).
LONGEST_APPLICATION: Final = 63

Fact = str | int | float


@runtime_checkable
class Subject(Protocol):
    """What a line can be about, and what is known of it."""

    def facts(self) -> Mapping[str, Fact]:
        """Give that by the names that its fields have in JSON."""


def about(subject: object, **facts: Fact) -> dict[str, object]:
    """Return the ``extra`` that puts ``str(subject)`` and a blank before the text.

    With None nothing is put there. ``facts`` are shown as fields in JSON, beside those
    of a :class:`Subject`.
    """
    return {"subject": subject, "facts": facts}


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
            application = application_shown(_facts_of(record).get("application_name"))
            behind = f' (application "{application}")' if application else ""
            text = f"{subject} {text}{behind}"
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


class JsonFormatter(logging.Formatter):
    """Format a record as one JSON object in one line; times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its newline."""
        when = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        room = record.name.split(".")
        line: dict[str, Fact] = {
            "time": f"{when}.{int(record.msecs):03d}Z",
            "level": LEVEL_NAMES.get(record.levelno, record.levelname),
            "pid": record.process or 0,
            "logger": room[1] if len(room) > 1 else room[0],
            "message": _printable(record.getMessage()),
        }
        for name, fact in _facts_of(record).items():
            if name == "application_name":
                fact = application_shown(fact)  # noqa: PLW2901 - of the same name
            if fact != "":
                line[name] = _printable(fact) if isinstance(fact, str) else fact
        if record.exc_info:
            trace = self.formatException(record.exc_info).split("\n")
            line["traceback"] = "\n".join(map(_printable, trace))
        return json.dumps(line, ensure_ascii=False)


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
    Loggers get their old set-up back at ``close()``. Until ``set_format`` is called,
    lines have PgBouncer's format. Of less than ``stderr_from``, stderr is told nothing.
    """

    def __init__(
        self,
        logfile: str = "",
        verbose: int = 0,
        *,
        to_stderr: bool = True,
        stderr_from: int = ALL,
    ) -> None:
        self._as_json = False
        self._file = LogFile(logfile) if logfile else None
        self._console = logging.StreamHandler(sys.stderr) if to_stderr else None
        if self._console is not None:
            self._console.setLevel(stderr_from)
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

    def set_format(self, *, as_json: bool) -> None:
        """Go on in JSON, or in PgBouncer's format."""
        self._as_json = as_json
        for handler in (self._file, self._console):
            if handler is not None:
                handler.setFormatter(self._formatter())

    def _formatter(self) -> logging.Formatter:
        return JsonFormatter() if self._as_json else LineFormatter()

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
            handler.setFormatter(self._formatter())
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


def _facts_of(record: logging.LogRecord) -> dict[str, Fact]:
    subject = getattr(record, "subject", None)
    known = subject.facts() if isinstance(subject, Subject) else {}
    return {**known, **getattr(record, "facts", {})}


def application_shown(name: Fact | None) -> str:
    """Give the beginning of an application's name, as a line may show it."""
    text = str(name or "")[:LONGEST_APPLICATION]
    # As PostgreSQL does before version 16; a quote would seem to end the name.
    return "".join(c if c.isprintable() and c != '"' else "?" for c in text)


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
