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

from . import dashboard, hosts
from .answer import JSON, Answer, text
from .kept import KeptBodies
from .plain_data import as_json
from .question import Asker, NoAnswerError

_UNAUTHORIZED: Final = Answer(
    HTTPStatus.UNAUTHORIZED,
    b"show the token of http_token: Authorization: Bearer <token>\n",
    headers=MappingProxyType({"WWW-Authenticate": 'Bearer realm="pgpool_py"'}),
)
_MISDIRECTED: Final = text(
    HTTPStatus.MISDIRECTED_REQUEST,
    "http_listen is on loopback, and asked by another name: ask 127.0.0.1 or "
    "localhost, or set http_token",
)

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
        token: that must be shown for all but probes and the files of the dashboard,
            empty for none.
    """

    def __init__(
        self,
        asker: Asker,
        observer: Observer,
        exposition: Exposition | None,
        token: str = "",
        host: str = "*",
    ) -> None:
        self._asker = asker
        self._observer = observer
        self._exposition = exposition
        self.token = token
        # Where it listens.
        self._host = host
        self._kept = KeptBodies()
        self._probes: dict[str, Callable[[], Answer]] = {
            "/livez": self._livez,
            "/readyz": self._readyz,
        }
        self._guarded: dict[str, Callable[[Headers], Answer]] = {
            "/metrics": self._metrics,
            "/api/snapshot": self._snapshot,
        }

    def respond(self, path: str, headers: Headers) -> Answer:
        """Give the answer for a path; see Responder."""
        probe, page = self._probes.get(path), self._guarded.get(path)
        try:
            if probe is not None:
                return probe()
            file = dashboard.find(path, asks_token=bool(self.token))
            if file is not None:
                return file
            refusal = self._refusal(headers)
            if refusal is None and page is not None:
                return page(headers)
        except NoAnswerError as error:
            return text(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        return refusal or text(
            HTTPStatus.NOT_FOUND, f"there is nothing here: see {self._paths}"
        )

    def _refusal(self, headers: Headers) -> Answer | None:
        if self.token:
            return None if self._shows_token(headers) else _UNAUTHORIZED
        ours = hosts.lets_in(self._host, headers.get("host"))
        return None if ours else _MISDIRECTED

    def _shows_token(self, headers: Headers) -> bool:
        kind, _, shown = headers.get("authorization", "").partition(" ")
        # What http.server has read is Latin-1, whatever it was.
        given = shown.strip().encode("latin-1", "replace")
        return kind.lower() == "bearer" and hmac.compare_digest(
            given, self.token.encode("utf-8", "surrogateescape")
        )

    @property
    def _paths(self) -> str:
        return ", ".join((*self._probes, *self._guarded, "and / for people"))

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
