"""Something that we ask of a server ourselves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from pgpool_py.reasons import Reason
from pgwire.diagnostics import ErrorResponse

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Errand(Generic[S]):
    """See the module's text.

    Attributes:
        then: called when it is done, with the first error that the server answered.
        limit: seconds it may take; then the server is closed, for the reason ``late``.
    """

    then: Callable[[S, ErrorResponse | None], None]
    limit: float
    late: Reason
