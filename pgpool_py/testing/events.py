"""What happened to the clients and servers of one pooler, by what it logs."""

import logging
from collections import deque
from typing import Final

from pgpool_py.reasons import Reason

#: Events that are remembered, the last ones.
MOST: Final = 1000

_EXCEEDED: Final = (Reason.QUERY_WAIT_TIMEOUT, Reason.WAIT_QUEUE_FULL)


class Events(logging.Handler):
    """Keeps what one thread logs.

    Attributes:
        texts: the last `MOST` lines, the oldest first.
        exceeded: those of clients for which there was no server, the last ones.
    """

    def __init__(self, thread: int | None) -> None:
        super().__init__(logging.INFO)
        self.texts: deque[str] = deque(maxlen=MOST)
        self.exceeded: deque[str] = deque(maxlen=MOST)
        self._ours = thread
        self._logger = logging.getLogger("pgpool_py")
        self._level = self._logger.level
        self._logger.setLevel(logging.INFO)
        self._logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it is our thread's."""
        if record.thread != self._ours:
            return
        subject = getattr(record, "subject", None)
        text = record.getMessage()
        if subject is not None:
            text = f"{subject} {text}"
        self.texts.append(text)
        if any(f"because: {reason}" in text for reason in _EXCEEDED):
            self.exceeded.append(text)

    def close(self) -> None:
        """Keep nothing more."""
        self._logger.removeHandler(self)
        self._logger.setLevel(self._level)
        super().close()
