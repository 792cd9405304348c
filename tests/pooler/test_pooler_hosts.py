"""What a reload of hosts does to servers, and what a name that leads elsewhere does."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pgpool_py.settings import DatabaseSettings, LoadBalanceHosts
from pgwire.session_attrs import TargetSessionAttrs
from tests.pooler.house import House, app_and_blog, startup
from tests.pooler.postgres import PORT

Build = Callable[..., House]


@pytest.mark.parametrize(
    "changed",
    [
        {"host": ("@elsewhere",)},
        {"load_balance_hosts": LoadBalanceHosts.DISABLE},
        {"target_session_attrs": TargetSessionAttrs.PRIMARY},
    ],
)
def test_a_reload_of_where_servers_are_replaces_them(
    house: House, changed: dict[str, Any]
) -> None:
    house.come_in()
    (pool,) = house.pooler.pools.values()
    assert len(pool.books.idle) == 1
    settings = house.pooler.settings
    line = replace(settings.databases["app"], **changed)
    house.pooler.reload(replace(settings, databases={"app": line}), {})
    assert not pool.books.idle


def test_a_reload_changes_how_long_names_are_remembered(build: Build) -> None:
    house = build(dns_max_ttl=1.0, dns_nxdomain_ttl=2.0)
    pooler = house.pooler
    resolver = pooler.context.resolver
    assert (resolver.max_ttl, resolver.failure_ttl) == (1.0, 2.0)
    fresh = replace(pooler.settings, dns_max_ttl=3.0, dns_nxdomain_ttl=4.0)
    pooler.reload(fresh, {})
    assert (resolver.max_ttl, resolver.failure_ttl) == (3.0, 4.0)


def test_a_name_that_leads_elsewhere_has_servers_of_all_pools_replaced(
    build: Build, tmp_path: Path
) -> None:
    house = build(databases=app_and_blog(tmp_path))
    for database in ("app", "blog"):
        house.arrive(startup(database))
        house.log_in_server()
    servers = [pool.books.idle[0] for pool in house.pooler.pools.values()]
    for server in servers:
        server.host, server.peer = "db", ("10.0.0.1", PORT)
    house.pooler.context.resolver.on_gone("db", frozenset({"10.0.0.1"}))
    assert [server.close_needed for server in servers] == [True, True]


def test_a_line_with_an_empty_list_of_hosts_leads_to_the_unix_socket(
    build: Build,
) -> None:
    house = build(databases={"app": DatabaseSettings(host=())}, unix_socket_dir="@here")
    assert house.pooler.settings.for_pool("app", "alice").target.host == ("@here",)
