"""What stands at which path, and who may read it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest

from pgpool_py.insight.condition import Condition, State
from pgpool_py.insight.snapshot import PoolerSnapshot
from pgpool_py.metrics.installed import find_exposition
from pgpool_py.metrics.rendering import Exposition, Format
from pgpool_py.web.answer import Answer
from pgpool_py.web.pages import Pages
from pgpool_py.web.question import Asker
from tests.metrics.snapshots import snapshot

OK, UNAVAILABLE = HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE
READY = Condition(State.READY)


@dataclass
class FakeObserver:
    """Sees what the test says."""

    says: Condition = READY

    def condition(self) -> Condition:
        return self.says

    def snapshot(self) -> PoolerSnapshot:
        return snapshot(condition=self.says)


@dataclass
class FakeExposition:
    """Renders next to nothing."""

    asked: list[Format] = field(default_factory=list)

    def render(self, snapshot: PoolerSnapshot, wanted: Format) -> bytes:
        self.asked.append(wanted)
        return b"# EOF\n"


@pytest.fixture
def dead_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Return a loop that never runs."""
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def pages(
    loop: asyncio.AbstractEventLoop,
    says: Condition = READY,
    exposition: Exposition | None = None,
    token: str = "",
    patience: float = 10.0,
    *,
    host: str = "*",
) -> Pages:
    asker = Asker(loop, patience)
    return Pages(asker, FakeObserver(says), exposition, token, host)


def said(answer: Answer) -> tuple[HTTPStatus, str]:
    return answer.status, answer.body.decode()


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        (READY, (OK, "ready\n")),
        (Condition(State.PAUSED), (OK, "paused\n")),
        (Condition(State.SUSPENDED), (UNAVAILABLE, "suspended\n")),
        (Condition(State.DRAINING), (UNAVAILABLE, "draining\n")),
        (Condition(State.READY, "no server"), (UNAVAILABLE, "not ready: no server\n")),
    ],
)
def test_readiness_is_the_poolers_and_says_why_not(
    running_loop: asyncio.AbstractEventLoop,
    says: Condition,
    expected: tuple[HTTPStatus, str],
) -> None:
    assert said(pages(running_loop, says).respond("/readyz", {})) == expected


def test_who_answers_lives_whatever_it_does(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    draining = pages(running_loop, Condition(State.DRAINING))
    assert said(draining.respond("/livez", {})) == (OK, "alive\n")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/snapshot"])
def test_a_loop_that_does_not_answer_is_unavailable(
    dead_loop: asyncio.AbstractEventLoop, path: str
) -> None:
    answer = pages(dead_loop, patience=0.01).respond(path, {})
    assert said(answer) == (
        UNAVAILABLE,
        "the loop did not answer within 0.01 s\n",
    )


def test_a_snapshot_is_json(running_loop: asyncio.AbstractEventLoop) -> None:
    answer = pages(running_loop).respond("/api/snapshot", {})
    assert answer.content_type == "application/json"
    found = json.loads(answer.body)
    assert found["condition"]["state"] == "ready"
    assert found["pools"][0]["database"] == "app"


def test_metrics_come_in_the_format_that_was_asked_for(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    exposition = FakeExposition()
    answer = pages(running_loop, exposition=exposition).respond(
        "/metrics", {"accept": "application/openmetrics-text"}
    )
    assert said(answer) == (OK, "# EOF\n")
    assert answer.content_type == Format.OPENMETRICS
    assert exposition.asked == [Format.OPENMETRICS]


def test_without_the_extra_metrics_say_how_to_install_it(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    answer = pages(running_loop).respond("/metrics", {})
    assert answer.status is HTTPStatus.NOT_IMPLEMENTED
    assert b"pip install 'pgpool-py[metrics]'" in answer.body


def test_what_is_not_there_is_told_with_what_is(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    status, text = said(pages(running_loop).respond("/healthz", {}))
    assert status is HTTPStatus.NOT_FOUND
    assert "/livez, /readyz, /metrics, /api/snapshot" in text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic caf\xe9"},
        {"authorization": "Bearer "},
        {"authorization": "Bearer caf\xe9"},
    ],
)
def test_without_the_token_only_probes_are_answered(
    running_loop: asyncio.AbstractEventLoop, headers: dict[str, str]
) -> None:
    guarded = pages(running_loop, token="café")
    for path in ("/metrics", "/api/snapshot", "/absent"):
        answer = guarded.respond(path, headers)
        assert answer.status is HTTPStatus.UNAUTHORIZED
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "café" not in answer.body.decode()
    assert guarded.respond("/livez", headers).status is OK
    assert guarded.respond("/readyz", headers).status is OK


def test_the_token_lets_in_until_it_is_another(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    guarded = pages(running_loop, token="café")
    # As http.server reads the header: bytes of UTF-8 as Latin-1.
    shown = {"authorization": f"bearer {'café'.encode().decode('latin-1')}"}
    assert guarded.respond("/api/snapshot", shown).status is OK
    guarded.token = "other"
    assert guarded.respond("/api/snapshot", shown).status is HTTPStatus.UNAUTHORIZED
    guarded.token = ""
    assert guarded.respond("/api/snapshot", {}).status is OK


def test_the_page_itself_tells_nothing_and_needs_no_token(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    guarded = pages(running_loop, token="s3cret")
    page = guarded.respond("/", {"host": "pooler.example"})
    assert page.status is OK
    assert b'data-asks-token="yes"' in page.body
    assert b"s3cret" not in page.body
    assert guarded.respond("/dashboard/dashboard.js", {}).status is OK


def test_a_page_of_a_stranger_asks_loopback_by_its_own_name_in_vain(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    asked = pages(running_loop, host="127.0.0.1")
    rebound = {"host": "evil.example:9127"}
    for path in ("/metrics", "/api/snapshot"):
        answer = asked.respond(path, rebound)
        assert answer.status is HTTPStatus.MISDIRECTED_REQUEST
        assert b"set http_token" in answer.body
    assert asked.respond("/readyz", rebound).status is OK
    assert asked.respond("/api/snapshot", {"host": "localhost:1"}).status is OK
    # Who has the token is no stranger, by whatever name it asks.
    asked.token = "s3cret"
    shown = {**rebound, "authorization": "Bearer s3cret"}
    assert asked.respond("/api/snapshot", shown).status is OK


@pytest.mark.parametrize(
    "accept",
    [
        "text/plain; version=x",
        "application/openmetrics-text; version=a.b.c",
        "application/openmetrics-text; version=1.0.0\r\n Set-Cookie: x",
    ],
)
def test_the_content_type_is_ours_whatever_a_client_accepts(
    running_loop: asyncio.AbstractEventLoop, accept: str
) -> None:
    real = pages(running_loop, exposition=find_exposition())
    answer = real.respond("/metrics", {"accept": accept})
    assert (answer.status, answer.content_type in list(Format)) == (OK, True)


def test_pages_are_rendered_once_for_all_who_ask_at_once_and_probes_wait_for_none(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    probed = []

    class Probing(FakeExposition):
        def render(self, snapshot: PoolerSnapshot, wanted: Format) -> bytes:
            probed.append(asked.respond("/readyz", {}).status)
            return super().render(snapshot, wanted)

    exposition = Probing()
    asked = pages(running_loop, exposition=exposition)
    for accept in ("", "text/plain", "*/*", "application/openmetrics-text"):
        asked.respond("/metrics", {"accept": accept})
    assert exposition.asked == [Format.TEXT, Format.OPENMETRICS]
    assert probed == [OK, OK]


def test_a_snapshot_is_taken_once_for_all_who_ask_at_once(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    looks = []

    class Counting(FakeObserver):
        def snapshot(self) -> PoolerSnapshot:
            looks.append(self)
            return super().snapshot()

    asked = Pages(Asker(running_loop), Counting(), None)
    assert all(asked.respond("/api/snapshot", {}).status is OK for _ in range(3))
    assert len(looks) == 1
