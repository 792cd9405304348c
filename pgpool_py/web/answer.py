"""What is answered to one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

TEXT: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; ``headers`` besides those of type and length."""

    status: HTTPStatus
    body: bytes
    content_type: str = TEXT
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def text(status: HTTPStatus, said: str) -> Answer:
    """Give an answer of one line."""
    return Answer(status, f"{said}\n".encode("utf-8", "replace"))
