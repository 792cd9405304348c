"""What the servers of a pool report, as its clients are told it at their login."""

from collections.abc import Mapping

from pgwire.backend import ParameterStatus


class Greeting:
    """The messages, made once: most clients ask for hardly a value of their own."""

    __slots__ = ("_messages", "_names")

    def __init__(self, reported: Mapping[str, str]) -> None:
        self._names = {name.lower(): name for name in reported}
        self._messages = {
            name.lower(): ParameterStatus(name, value).encode()
            for name, value in reported.items()
        }

    def to(self, asked: Mapping[str, str]) -> bytes:
        """Give the messages for a client.

        Args:
            asked: the values it asked for, which take the place of the servers'; names
                in lower case.
        """
        own = {
            name: ParameterStatus(self._names[name], value).encode()
            for name, value in asked.items()
            if name in self._names
        }
        return b"".join((self._messages | own).values())
