"""What happened to the clients and servers of one pooler, by what it logs."""

import logging
from collections import deque
from typing import Final

from pgpool_py.client.session import ClientSession
from pgpool_py.log import Subject, TextFormatter
from pgpool_py.reasons import Reason

from .leaks import Leak
from .statements import waits_with

#: Events that are remembered, the last ones.
MOST: Final = 1000

_EXCEEDED: Final = (Reason.QUERY_WAIT_TIMEOUT, Reason.WAIT_QUEUE_FULL)


class Events(logging.Handler):
    """Keeps what one thread logs.

    Attributes:
        texts: the last `MOST` lines, the oldest first.
        exceeded: the clients for which there was no server, the last ones.
    """

    def __init__(self, thread: int | None) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(TextFormatter())
        self.texts: deque[str] = deque(maxlen=MOST)
        self.exceeded: deque[Leak] = deque(maxlen=MOST)
        self._ours = thread
        self._logger = logging.getLogger("pgpool_py")
        self._level = self._logger.level
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it is our thread's."""
        if record.thread != self._ours:
            return
        self.texts.append(self.format(record))
        reason = getattr(record, "facts", {}).get("reason")
        client = getattr(record, "subject", None)
        if reason in _EXCEEDED and isinstance(client, Subject):
            # Who is refused at its login has sent nothing yet.
            text = waits_with(client) if isinstance(client, ClientSession) else ""
            name = str(client.facts().get("application_name", ""))
            self.exceeded.append(Leak(f"pool exceeded, {reason}", text, name))

    def close(self) -> None:
        """Keep nothing more."""
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        super().close()
