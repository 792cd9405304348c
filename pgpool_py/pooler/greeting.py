"""What the servers of a pool report, as its clients are told it at their login."""

from collections.abc import Mapping

from pgwire.backend import ParameterStatus


class Greeting:
    """The messages, made once: most clients ask for hardly a value of their own.

    And for the same ones as the client before, so the last answer is kept as well.
    """

    __slots__ = ("_last", "_messages", "_names")

    def __init__(self, reported: Mapping[str, str]) -> None:
        self._names = {name.lower(): name for name in reported}
        self._messages = {
            name.lower(): ParameterStatus(name, value).encode()
            for name, value in reported.items()
        }
        self._last: tuple[Mapping[str, str], bytes] = ({}, self._answer({}))

    def to(self, asked: Mapping[str, str]) -> bytes:
        """Give the messages for a client.

        Args:
            asked: the values it asked for, which take the place of the servers'; names
                in lower case.
        """
        before, answer = self._last
        if asked != before:
            answer = self._answer(asked)
            self._last = (dict(asked), answer)
        return answer

    def _answer(self, asked: Mapping[str, str]) -> bytes:
        own = {
            name: ParameterStatus(self._names[name], value).encode()
            for name, value in asked.items()
            if name in self._names
        }
        return b"".join((self._messages | own).values())
