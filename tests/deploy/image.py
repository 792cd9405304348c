"""What the Dockerfile says of the image: environment, user, ports and commands."""

import json
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = ROOT / "Dockerfile"

_CONTINUED: Final = re.compile(r"\\\n\s*")
_COMMENT: Final = re.compile(r"^#.*\n", re.MULTILINE)
_PAIR: Final = re.compile(r"(\w+)=(\S*)")
_OPTION: Final = re.compile(r"--([a-z-]+)=(\S+)")


class Image:
    """The last stage of a Dockerfile, by its instructions.

    Attributes:
        environment: what ENV sets.
    """

    def __init__(self, path: Path = DOCKERFILE) -> None:
        text = _CONTINUED.sub(" ", _COMMENT.sub("", path.read_text()))
        self._lines: dict[str, str] = {}
        self.environment: dict[str, str] = {}
        for line in filter(None, text.splitlines()):
            word, _, rest = line.partition(" ")
            if word == "FROM":
                self._lines.clear()
                self.environment.clear()
            elif word == "ENV":
                self.environment |= dict(_PAIR.findall(rest))
            self._lines[word] = rest.strip()

    @property
    def base(self) -> str:
        """What it begins from."""
        return self._lines["FROM"]

    @property
    def run(self) -> str:
        """What is run in it, by a shell, to make it."""
        return self._lines["RUN"]

    @property
    def user(self) -> tuple[int, int]:
        """Numbers of the user and the group."""
        user, group = self._lines["USER"].split(":")
        return int(user), int(group)

    @property
    def ports(self) -> set[int]:
        """What is exposed."""
        return {int(port) for port in self._lines["EXPOSE"].split()}

    @property
    def stop_signal(self) -> str:
        """Name of the signal that ends it."""
        return self._lines["STOPSIGNAL"]

    @property
    def command(self) -> list[str]:
        """What is run: ENTRYPOINT, with CMD where there is one."""
        return _words(self._lines["ENTRYPOINT"]) + _words(self._lines.get("CMD", "[]"))

    @property
    def health(self) -> list[str]:
        """The command of HEALTHCHECK."""
        return _words(self._lines["HEALTHCHECK"].partition(" CMD ")[2])

    @property
    def health_timing(self) -> dict[str, float]:
        """The options of HEALTHCHECK, in seconds."""
        options, _, _ = self._lines["HEALTHCHECK"].partition(" CMD ")
        return {name: seconds(value) for name, value in _OPTION.findall(options)}


def _words(text: str) -> list[str]:
    """Read the form without a shell, for there need not be one."""
    words: list[str] = json.loads(text)
    return words


def seconds(text: str) -> float:
    """Read a time such as 30s."""
    assert text.endswith("s"), text
    return float(text[:-1])
