"""What stands at which path."""

import hmac
from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final, Protocol

from pgpool_py.insight.condition import Condition
from pgpool_py.insight.snapshot import PoolerSnapshot
from pgpool_py.metrics.installed import INSTALL
from pgpool_py.metrics.rendering import Exposition, negotiate

from .answer import JSON, Answer, text
from .kept import KeptBodies
from .plain_data import as_json
from .question import Asker, NoAnswerError

_CHALLENGE: Final = MappingProxyType({"WWW-Authenticate": 'Bearer realm="pgpool_py"'})

# Headers by their names in lower case.
Headers = Mapping[str, str]


class Observer(Protocol):
    """Who looks at the pooler; asked in its loop alone."""

    def condition(self) -> Condition:
        """Say whether it serves."""

    def snapshot(self) -> PoolerSnapshot:
        """Give everything."""


class Pages:
    """Answers requests, each from one look at the pooler; in any thread.

    Probes look each time, and wait for nobody; of pages each look is for all that come
    within a second.

    Attributes:
        token: that must be shown for all but probes, empty for none.
    """

    def __init__(
        self,
        asker: Asker,
        observer: Observer,
        exposition: Exposition | None,
        token: str = "",
    ) -> None:
        self._asker = asker
        self._observer = observer
        self._exposition = exposition
        self.token = token
        self._kept = KeptBodies()
        self._probes: dict[str, Callable[[], Answer]] = {
            "/livez": self._livez,
            "/readyz": self._readyz,
        }
        self._guarded: dict[str, Callable[[Headers], Answer]] = {
            "/": self._index,
            "/metrics": self._metrics,
            "/api/snapshot": self._snapshot,
        }

    def respond(self, path: str, headers: Headers) -> Answer:
        """Give the answer for a path; see Responder."""
        probe, page = self._probes.get(path), self._guarded.get(path)
        try:
            if probe is not None:
                return probe()
            if not self._lets_in(headers):
                status = HTTPStatus.UNAUTHORIZED
                said = "show the token of http_token: Authorization: Bearer <token>\n"
                return Answer(status, said.encode(), headers=_CHALLENGE)
            if page is not None:
                return page(headers)
        except NoAnswerError as error:
            return text(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return text(HTTPStatus.NOT_FOUND, f"there is nothing here: see {self._paths}")

    def _lets_in(self, headers: Headers) -> bool:
        if not self.token:
            return True
        kind, _, shown = headers.get("authorization", "").partition(" ")
        # What http.server has read is Latin-1, whatever it was.
        given = shown.strip().encode("latin-1", "replace")
        return kind.lower() == "bearer" and hmac.compare_digest(
            given, self.token.encode("utf-8", "surrogateescape")
        )

    @property
    def _paths(self) -> str:
        return ", ".join((*self._probes, *list(self._guarded)[1:]))

    # Probes

    def _livez(self) -> Answer:
        """Say that the loop answers."""
        self._asker.ask(lambda: None)
        return text(HTTPStatus.OK, "alive")

    def _readyz(self) -> Answer:
        condition = self._asker.ask(self._observer.condition)
        ready = condition.is_ready
        status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
        return text(status, str(condition))

    # Pages

    def _index(self, headers: Headers) -> Answer:
        del headers
        return text(HTTPStatus.OK, f"pgpool_py: {self._paths}")

    def _metrics(self, headers: Headers) -> Answer:
        exposition = self._exposition
        if exposition is None:
            return text(
                HTTPStatus.NOT_IMPLEMENTED, f"metrics need prometheus-client: {INSTALL}"
            )
        wanted = negotiate(headers.get("accept", ""))
        body = self._kept.get(
            "/metrics", wanted, lambda: exposition.render(self._taken(), wanted)
        )
        return Answer(HTTPStatus.OK, body, wanted)

    def _snapshot(self, headers: Headers) -> Answer:
        del headers
        body = self._kept.get("/api/snapshot", JSON, lambda: as_json(self._taken()))
        return Answer(HTTPStatus.OK, body, JSON)

    def _taken(self) -> PoolerSnapshot:
        return self._asker.ask(self._observer.snapshot)
