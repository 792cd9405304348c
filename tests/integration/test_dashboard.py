"""The page for people, in a browser."""

import asyncio
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest
from playwright.sync_api import Route

from pgpool_py.embedded import EmbeddedPostgres
from pgpool_py.insight.snapshot import PoolSnapshot
from pgpool_py.net.listening import listen_tcp
from pgpool_py.reasons import Reason
from pgpool_py.testing import FaultProxy
from pgpool_py.web.pages import Pages
from pgpool_py.web.question import Asker
from pgpool_py.web.server import Server
from tests.fixtures.messages import query
from tests.fixtures.pooler_files import DATABASE, USER
from tests.fixtures.pooling import StartPooler
from tests.fixtures.waiting import PATIENCE
from tests.integration.browsing import REFUSED, UNAUTHORIZED, Chromium, chromium
from tests.integration.http_door import open_door
from tests.integration.wire import log_in
from tests.web.busy import BusyObserver, pool

__all__ = ["chromium"]

MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@dataclass
class Shown:
    """Serves the page of a pooler that is seen, and is none."""

    loop: asyncio.AbstractEventLoop
    servers: list[Server] = field(default_factory=list)

    def serve(self, *pools: PoolSnapshot, token: str = "") -> int:
        """Return the port."""
        observer = BusyObserver(pools)
        pages = Pages(Asker(self.loop), observer, None, token, "127.0.0.1")
        [listening] = listen_tcp("127.0.0.1", 0, 64)
        port: int = listening.getsockname()[1]
        self.servers.append(Server([listening], pages.respond))
        self.servers[-1].start()
        return port


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    shown = Shown(loop)
    yield shown
    for server in shown.servers:
        server.stop()
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE)
    loop.close()


@pytest.fixture
def proxy(pooled: EmbeddedPostgres) -> Iterator[FaultProxy]:
    with FaultProxy((pooled.host, pooled.port)) as proxy:
        yield proxy


def test_it_goes_on_by_itself_when_server_and_pooler_are_back(
    start_pooler: StartPooler, proxy: FaultProxy, chromium: Chromium
) -> None:
    door = open_door(start_pooler, default_pool_size=1, readiness_needs_server=1)
    door.pooler.files.place = f"host={proxy.host} port={proxy.port}"
    door.pooler.reload()
    holder = door.pooler.keep(door.pooler.connect())
    holder.execute("BEGIN")
    waiting = log_in(door.pooler)
    waiting.send(query("SELECT 1"))
    with chromium.open(door.port) as seen:
        alert = re.compile(f"^{DATABASE} / postgres, for .* s: no server is free")
        seen.wait_for("#attention li", alert)
        holder.execute("COMMIT")
        # From the difference of two snapshots of a pooler that has a clock of its own.
        seen.wait_for("#totals div", re.compile(r"queries/s\s*[\d.]+"))
        seen.wait_for("#pools .transaction", re.compile(r"[\d.]+ m?s / [\d.]+ m?s"))
        seen.wait_for("#pools .wait", re.compile(r"[\d.]+ m?s / [\d.]+ m?s"))
        holder.execute("BEGIN")
        with proxy.refusing():
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                holder.execute("SELECT 1")
            lost = f"pool {DATABASE}/postgres: 1 server lost"
            events = "#lately section:has-text('Recent events') li"
            seen.wait_for(events, f"{lost}: {Reason.SERVER_CRASHED}")
            seen.wait_for("#state", "not ready")
            seen.wait_for("#attention li", "not ready: no server can be reached: ")
        seen.wait_for("#state.ready", "ready")
        door.pooler.signal(signal.SIGQUIT)
        assert door.pooler.wait() == 0
        door.pooler.close()
        seen.wait_for("#link", "no answer since ")
        assert not seen.page.locator("#state").is_visible()
        assert seen.texts("#pools .name b") == [DATABASE]
        start_pooler(http_listen=door.port)
        seen.wait_for("#link", "live")
        seen.wait_for("#no-pools", "There is no pool yet")
        seen.forgive(REFUSED)


def test_names_are_texts_whatever_is_in_them(shown: Shown, chromium: Chromium) -> None:
    port = shown.serve(pool(MARKUP, MARKUP, clients_waiting=1, oldest_wait=2.0))
    with chromium.open(port) as seen:
        seen.wait_for("#pools .name b", MARKUP)
        assert MARKUP in seen.texts("#attention li")[0]
        assert seen.page.locator("img, main script").count() == 0


def test_what_a_snapshot_tells_of_clients_is_text_too(
    shown: Shown, chromium: Chromium
) -> None:
    place = {"database": "shop", "user": "web", "address": "10.0.0.1", "port": 5}
    client = {**place, "number": 7, "application_name": MARKUP}
    wait = {**client, "waited": 2.5, "wants": "a server"}
    hold = {**client, "idle": 61, "remote_pid": 77, "statement": MARKUP}
    size = {**place, "configured": 2, "recommended": 5, "why": "it was full"}
    flapping = {"at": 1001.0, "kind": "alert", "text": "shop/web: wait alert: 3 s"}
    told = {
        "alerts": [{**place, "kind": "exhausted", "since": 3, "text": MARKUP}],
        "events": [
            {"at": 1000.0, "kind": "leak", "text": MARKUP},
            {**flapping, "text": "shop/web: wait alert: 2 s"},
            flapping,
        ],
    }

    def tell(route: Route) -> None:
        snapshot = route.fetch().json()
        snapshot["pools"][0] |= {"waiting": [wait], "holders": [hold], "advice": size}
        route.fulfill(json={**snapshot, **told})

    with chromium.open(shown.serve(pool("shop", "web"))) as seen:
        seen.page.route("**/api/snapshot", tell)
        seen.wait_for(".list", "pool_size 2 → 5")
        lists = " ".join(seen.texts(".list"))
        for words in ("2.5 s", "client 7 at 10.0.0.1:5, for a server", "backend 77"):
            assert words in lists
        assert lists.count(MARKUP) == 4
        # One that comes and goes is shown once, as it was last.
        assert re.search(r"alert \S 2\s[\d:]+\s+shop/web: wait alert: 3 s", lists)
        assert "wait alert: 2 s" not in lists
        [alert] = seen.texts("#attention li")
        assert alert == f"shop / web, for 3.0 s: {MARKUP}"
        assert seen.page.locator("img, main script").count() == 0


def test_code_that_came_into_the_page_would_not_run(
    shown: Shown, chromium: Chromium
) -> None:
    with chromium.open(shown.serve(pool("shop"))) as seen:
        seen.wait_for("#pools .name b", "shop")
        # Past every rule of ours, as a defect would.
        seen.page.evaluate(
            "document.body.insertAdjacentHTML('beforeend',"
            " '<button id=evil onclick=\"document.title = 1\">x</button>')"
        )
        seen.page.locator("#evil").click()
        assert seen.page.title() == "pgpool_py"
        seen.forgive("Refused to execute inline event handler")
        seen.forgive("Executing inline event handler violates")


def test_a_hundred_pools_are_shown_by_trouble_and_found_by_name(
    shown: Shown, chromium: Chromium
) -> None:
    calm = [pool(f"tenant_{n:03}", servers_idle=2) for n in range(97)]
    port = shown.serve(
        *calm,
        pool("full", servers_active=19, servers_idle=1),
        pool("paused", paused=1),
        pool("waits", "web", servers_active=20, clients_waiting=4, oldest_wait=1.5),
    )
    with chromium.open(port) as seen:
        seen.wait_for("#shown", "100")
        names = seen.texts("#pools .name b")
        assert names[:4] == ["waits", "paused", "full", "tenant_000"]
        assert seen.texts("#pools .waiting span")[0] == "4 · 1.5 s"
        # From the difference of two snapshots.
        seen.wait_for("#pools li:first-child .wait", "0.1 ms / 250 ms")
        seen.wait_for("#pools li:first-child .transaction", "5 ms / 50 ms")
        # By the keyboard alone: there is nothing in front of it.
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.type("TENANT 42")
        seen.wait_for("#shown", "1 of 100")
        assert seen.texts("#pools .name b") == ["tenant_042"]
        seen.page.keyboard.type("x")
        seen.wait_for("#no-pools", "No pool has such a name.")


def test_what_does_not_serve_is_told_with_what_ends_that(
    start_pooler: StartPooler, chromium: Chromium
) -> None:
    door = open_door(start_pooler, admin_users=USER)
    with door.pooler.connect("pgbouncer") as console:
        console.execute(f"DISABLE {DATABASE}".encode())
        console.execute(f"PAUSE {DATABASE}".encode())
        with chromium.open(door.port) as seen:
            seen.wait_for("#attention li", f"until RESUME {DATABASE}")
            assert seen.texts("#attention li") == [
                f"{DATABASE} is paused: its clients wait until RESUME {DATABASE}",
                f"{DATABASE} is disabled: nobody is let in until ENABLE {DATABASE}",
            ]
            console.execute("PAUSE")
            seen.wait_for("#attention li", "all databases are paused")
            console.execute("RESUME")
            for order in ("RESUME", "ENABLE"):
                console.execute(f"{order} {DATABASE}".encode())
            seen.page.wait_for_selector("#attention", state="hidden")


def test_it_fits_a_phone_in_the_dark(shown: Shown, chromium: Chromium) -> None:
    long = "a_database_whose_name_has_as_many_letters_as_postgresql_allows_"
    port = shown.serve(pool(long, long, clients_waiting=3, oldest_wait=100.0))
    with chromium.open(port, width=390, scheme="dark") as seen:
        seen.wait_for("#pools .name b", long)
        assert seen.page.evaluate("document.documentElement.scrollWidth") == 390
        ground = "getComputedStyle(document.body).backgroundColor"
        assert seen.page.evaluate(ground) == "rgb(18, 22, 28)"


def test_it_asks_for_the_token_and_keeps_it_for_the_tab(
    shown: Shown, chromium: Chromium
) -> None:
    port = shown.serve(pool("shop"), token="s3crét")
    with chromium.open(port) as seen:
        seen.wait_for("#asking label", "Token")
        # Nothing was asked for yet that would be refused.
        assert seen.complaints == []
        seen.page.keyboard.type("wrong")
        seen.page.keyboard.press("Enter")
        seen.wait_for("#refused", "That is not the token.")
        seen.page.keyboard.type("s3crét")
        seen.page.keyboard.press("Enter")
        seen.wait_for("#pools .name b", "shop")
        seen.page.reload()
        seen.wait_for("#pools .name b", "shop")
        assert seen.page.url == f"http://127.0.0.1:{port}/"
        seen.forgive(UNAUTHORIZED)
