"""One request: read within its bounds, answered once, and the connection closed."""

import logging
import socket
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socketserver import BaseRequestHandler, BaseServer
from typing import Final

from .answer import Answer, text
from .head import HeadTooLongError, read_head

_log = logging.getLogger(__name__)

# Seconds in which a client takes the whole answer.
PATIENCE: Final = 5.0

# http.server hands it on to its handlers, and asks nothing of it.
_NO_SERVER: Final = BaseServer(("", 0), BaseRequestHandler)

# Path and headers, by their names in lower case, to an answer.
Responder = Callable[[str, Mapping[str, str]], Answer]


class Request(BaseHTTPRequestHandler):
    """Handles a connection; all of it happens while it is constructed."""

    protocol_version = default_request_version = "HTTP/1.1"
    error_message_format = "%(message)s\n"
    error_content_type = "text/plain; charset=utf-8"

    def __init__(
        self, connection: socket.socket, client: object, respond: Responder
    ) -> None:
        self._connection = connection
        self._respond = respond
        super().__init__(connection, client, _NO_SERVER)

    def setup(self) -> None:
        """Read into memory, and write there: neither can be drawn out."""
        self.rfile = BytesIO()
        self.wfile = self._written = BytesIO()

    def handle(self) -> None:
        """Answer what was asked, if it was."""
        try:
            self.rfile = BytesIO(read_head(self._connection))
        except HeadTooLongError:
            self.requestline = self.command = ""
            self.request_version = self.protocol_version
            self.close_connection = True
            self.send_error(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except OSError:
            return
        else:
            super().handle()

    def finish(self) -> None:
        """Send the answer; since Python 3.5 the time is for all of it."""
        self._connection.settimeout(PATIENCE)
        try:
            self._connection.sendall(self._written.getvalue())
        except OSError:
            return

    def do_GET(self) -> None:
        """Answer in full."""
        answer = self._answer()
        self._begin(answer)
        self.wfile.write(answer.body)

    def do_HEAD(self) -> None:
        """Answer without the body."""
        self._begin(self._answer())

    def _answer(self) -> Answer:
        try:
            headers = {name.lower(): value for name, value in self.headers.items()}
            return self._respond(self.path.partition("?")[0], headers)
        except Exception:
            _log.exception("HTTP: %s failed", self.path)
            return text(HTTPStatus.INTERNAL_SERVER_ERROR, "internal error")

    def _begin(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Connection", "close")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()

    def version_string(self) -> str:
        """Say what answers, and nothing of Python."""
        return "pgpool_py"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        """Say nothing: probes come every second."""
