"""All commands of the console, and the way from a text to one of them.

A text is first prepared, which tells its columns and whether it may be run, and then
run: the two steps in which the extended protocol wants them.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from .commands import (
    disable,
    enable,
    kill,
    kill_client,
    parameters,
    pause,
    reconnect,
    reload,
    resume,
    set_setting,
    show_active_sockets,
    show_advice,
    show_clients,
    show_config,
    show_databases,
    show_dns_hosts,
    show_dns_zones,
    show_fds,
    show_help,
    show_leaks,
    show_lists,
    show_mem,
    show_multiplexing,
    show_peer_pools,
    show_peers,
    show_pins,
    show_pools,
    show_servers,
    show_sockets,
    show_state,
    show_stats,
    show_stats_averages,
    show_stats_pins,
    show_stats_totals,
    show_totals,
    show_users,
    show_version,
    shutdown,
    sockets,
    suspend,
    wait_close,
)
from .commands.desk import Desk
from .commands.refusals import admin_access_needed, invalid_command
from .commands.result import Column, Result, text
from .grammar import Assignment, read

_log = logging.getLogger(__name__)

Run = Callable[[Desk], Result]


@dataclass(frozen=True, slots=True)
class Statement:
    """One text, understood; without columns it gives no rows."""

    columns: tuple[Column, ...]
    run: Run


@dataclass(frozen=True, slots=True)
class Action:
    """A command that changes something.

    Attributes:
        usage: how it is said.
        bind: gives what to run for an argument, or None if it cannot take that one.
    """

    usage: str
    bind: Callable[[str], Run | None]


def _bind_reload(argument: str) -> Run | None:
    return None if argument else reload.run


def _bind_suspend(argument: str) -> Run | None:
    return None if argument else suspend.run


def _any(run: Callable[[Desk, str], Result]) -> Callable[[str], Run]:
    """Bind any argument: the command itself says what is wrong with it."""
    return lambda argument: lambda desk: run(desk, argument)


def _bind_shutdown(argument: str) -> Run | None:
    how = shutdown.MODES.get(argument.lower())
    return None if how is None else lambda desk: shutdown.run(desk, how)


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(
    {
        "reload": Action("RELOAD", _bind_reload),
        "pause": Action("PAUSE [<db>]", _any(pause.run)),
        "resume": Action("RESUME [<db>]", _any(resume.run)),
        "disable": Action("DISABLE <db>", _any(disable.run)),
        "enable": Action("ENABLE <db>", _any(enable.run)),
        "reconnect": Action("RECONNECT [<db>]", _any(reconnect.run)),
        "kill": Action("KILL [<db>]", _any(kill.run)),
        "kill_client": Action("KILL_CLIENT <client_id>", _any(kill_client.run)),
        "suspend": Action("SUSPEND", _bind_suspend),
        "shutdown": Action(
            "SHUTDOWN [WAIT_FOR_SERVERS|WAIT_FOR_CLIENTS]", _bind_shutdown
        ),
        "wait_close": Action("WAIT_CLOSE [<db>]", _any(wait_close.run)),
    }
)


def _help(desk: Desk) -> Result:  # noqa: ARG001 - all commands are called alike
    actions = (action.usage for action in ACTIONS.values())
    return show_help.show(SHOWS, (_SET_USAGE, *actions))


SHOWS: Final[Mapping[str, Statement]] = MappingProxyType(
    {
        "help": Statement((), _help),
        "config": Statement(show_config.COLUMNS, show_config.show),
        "databases": Statement(show_databases.COLUMNS, show_databases.show),
        "pools": Statement(show_pools.COLUMNS, show_pools.show),
        "peers": Statement(show_peers.COLUMNS, show_peers.show),
        "peer_pools": Statement(show_peer_pools.COLUMNS, show_peer_pools.show),
        "multiplexing": Statement(show_multiplexing.COLUMNS, show_multiplexing.show),
        "pins": Statement(show_pins.COLUMNS, show_pins.show),
        "leaks": Statement(show_leaks.COLUMNS, show_leaks.show),
        "advice": Statement(show_advice.COLUMNS, show_advice.show),
        "clients": Statement(sockets.COLUMNS, show_clients.show),
        "servers": Statement(sockets.COLUMNS, show_servers.show),
        "users": Statement(show_users.COLUMNS, show_users.show),
        "version": Statement(show_version.COLUMNS, show_version.show),
        "sockets": Statement(show_sockets.COLUMNS, show_sockets.show),
        "active_sockets": Statement(
            show_active_sockets.COLUMNS, show_active_sockets.show
        ),
        "lists": Statement(show_lists.COLUMNS, show_lists.show),
        "mem": Statement(show_mem.COLUMNS, show_mem.show),
        "state": Statement(show_state.COLUMNS, show_state.show),
        "dns_hosts": Statement(show_dns_hosts.COLUMNS, show_dns_hosts.show),
        "dns_zones": Statement(show_dns_zones.COLUMNS, show_dns_zones.show),
        "stats": Statement(show_stats.COLUMNS, show_stats.show),
        "stats_totals": Statement(show_stats_totals.COLUMNS, show_stats_totals.show),
        "stats_averages": Statement(
            show_stats_averages.COLUMNS, show_stats_averages.show
        ),
        "stats_pins": Statement(show_stats_pins.COLUMNS, show_stats_pins.show),
        "totals": Statement(show_totals.COLUMNS, show_totals.show),
    }
)

# Drivers and ORMs send SELECT where they mean SHOW.
_SHOWING: Final = frozenset({"show", "select"})

_SET_USAGE: Final = "SET key = arg"


def prepare(query: str, *, admin: bool) -> Statement:
    """Find out what a text means.

    Raises:
        ConsoleError: it means nothing, or only an admin may say it.
    """
    request = read(query)
    if isinstance(request, Assignment):
        return _prepare_set(request, admin=admin)
    if request.name in _SHOWING:
        return _prepare_show(request.argument.lower(), query, admin=admin)
    action = ACTIONS.get(request.name)
    run = None if action is None else action.bind(request.argument)
    if run is None:
        raise invalid_command(query)
    if not admin:
        raise admin_access_needed()
    return Statement((), _logged(request.name.upper(), request.argument, run))


def _prepare_show(name: str, query: str, *, admin: bool) -> Statement:
    if name in parameters.VALUES:
        # PgBouncer's column is called as the parameter is in its own list.
        return Statement(text(name), lambda _: parameters.show(name))
    if name == "fds":
        raise show_fds.refusal(admin=admin)
    found = SHOWS.get(name)
    if found is None:
        raise invalid_command(query)
    return found


def _prepare_set(request: Assignment, *, admin: bool) -> Statement:
    if request.key.lower() in parameters.VALUES:
        return Statement((), lambda _: parameters.ignore())
    if not admin:
        raise admin_access_needed()
    key, value = request.key, request.value
    return Statement(
        (), _logged("SET", key, lambda desk: set_setting.run(desk, key, value))
    )


def _logged(name: str, argument: str, run: Run) -> Run:
    def run_logged(desk: Desk) -> Result:
        if argument:
            _log.info("%s '%s' command issued", name, argument)
        else:
            _log.info("%s command issued", name)
        return run(desk)

    return run_logged
