"""The process: a pooler, its console, its log and its signals, wired together."""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from pgpool_py import __version__
from pgpool_py.admin.commands.version import SHOWN_VERSION
from pgpool_py.admin.console import Console
from pgpool_py.auth.rules import Policy
from pgpool_py.auth.secrets import Secret
from pgpool_py.config.auth_files import POLICY_SETTINGS, contradiction, read_policy
from pgpool_py.config.exposed import readable_by_all
from pgpool_py.config.faults import ConfigError
from pgpool_py.config.http_token import TokenError, read_token
from pgpool_py.config.load import Loaded, load, read_secrets
from pgpool_py.config.mounted import Mounted
from pgpool_py.config.reloading import merge
from pgpool_py.config.setting import SettingError, changed
from pgpool_py.insight.observer import Observer
from pgpool_py.log import Log
from pgpool_py.net.loop import ReactorLoop, new_loop
from pgpool_py.net.notify import ServiceManager
from pgpool_py.net.syslog import syslog_handler
from pgpool_py.net.tls_context import TlsConfigError
from pgpool_py.pooler.encryption import encryption_of
from pgpool_py.pooler.pooler import Pooler
from pgpool_py.pooler.stopping import Stopping
from pgpool_py.process.descriptors import raise_limit
from pgpool_py.settings import LogFormat, Settings
from pgpool_py.web.door import HttpDoor

_log = logging.getLogger(__name__)

_WAITS: Final = {
    Stopping.WAIT_FOR_CLIENTS: ", waiting for all clients disconnect",
    Stopping.WAIT_FOR_SERVERS: (", waiting for all servers connections to be released"),
}


class Service:
    """Runs one pooler until it has stopped.

    ``loaded`` is what to begin with; a reload reads what ``conffile`` in force says.
    ``verbose`` is the command line's: the log never says less than that. ``inherited``
    sockets are listened on in place of the configuration's; ``manager`` is told how far
    we are, and ``when_up`` is called once we serve.
    """

    def __init__(
        self,
        loaded: Loaded,
        log: Log,
        *,
        verbose: int = 0,
        inherited: Sequence[socket.socket] = (),
        manager: ServiceManager | None = None,
        when_up: Callable[[], object] = object,
    ) -> None:
        self._loaded = loaded
        self._named = loaded.named
        self._log = log
        self._verbose = verbose
        self._inherited = inherited
        self._manager = manager or ServiceManager()
        self._when_up = when_up
        self._stopping_said = False

    def run(self) -> int:
        """Serve; give the exit status of the process."""
        with asyncio.Runner(loop_factory=new_loop) as runner:
            return runner.run(self._serve())

    async def _serve(self) -> int:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, ReactorLoop):
            raise TypeError("the service needs a loop of its own reactor")
        loaded = self._loaded
        self._log.copy_to(syslog_handler(loaded.settings))
        self._warn()
        raise_limit(loaded.settings)
        console = Console(self.reload, self.change, self._manager.status)
        secrets = _texts(loaded.secrets)
        pooler = Pooler(loop, loaded.settings, secrets, console, loaded.policy)
        self._pooler = pooler
        self._observer = Observer(pooler)
        console.attach(pooler, self._observer.advisor)
        self._door = self._door_of(loop)
        try:
            # Who asks is answered in the loop's first turn, when the pooler serves.
            self._door.open()
            pooler.start(self._inherited)
        except (OSError, LookupError) as error:
            _log.critical("cannot listen: %s", error)
            self._door.close()
            return 1
        self._handle_signals(loop)
        self._watch()
        _log.info(
            "process up: %s, pgpool_py %s, Python %s, pid %d",
            SHOWN_VERSION,
            __version__,
            sys.version.split()[0],
            os.getpid(),
        )
        self._manager.ready()
        self._when_up()
        await pooler.stopped.wait()
        self._end()
        # What was written last may still be in a stream's hands.
        await asyncio.sleep(0)
        _log.info("process stopped")
        return 0

    def _warn(self) -> None:
        loaded = self._loaded
        for warning in (*loaded.warnings, *readable_by_all(loaded.settings)):
            _log.warning("%s", warning)

    def _watch(self) -> None:
        self._observer.begin()
        for watcher in (self._door.tick, self._leave_door, self._tell_manager):
            self._pooler.watch(watcher)
        if self._loaded.seen:
            mounted = Mounted(self._loaded.seen)
            self._pooler.watch(partial(self._look_at, mounted))

    def _look_at(self, mounted: Mounted) -> None:
        """Take over what has replaced a mounted file, at most once a second."""
        if mounted.has_changed(self._pooler.now):
            _log.info("a file of secrets has changed, re-reading config")
            self._try_reload()

    def _end(self) -> None:
        self._tell_manager()
        self._manager.close()
        self._observer.end()
        self._door.close()

    def _door_of(self, loop: asyncio.AbstractEventLoop) -> HttpDoor:
        settings = self._loaded.settings
        return HttpDoor(
            settings.http_listen,
            loop,
            self._observer,
            token=self._loaded.token,
            shares=settings.so_reuseport,
        )

    def _leave_door(self) -> None:
        """Let go of the port for HTTP with that for clients, for whoever follows."""
        pooler = self._pooler
        if pooler.stopping is not Stopping.NO and all(
            address.startswith("unix:") for address in pooler.addresses
        ):
            self._door.leave()

    def _tell_manager(self) -> None:
        """Tell the service manager what it could not be told at once, or not yet."""
        if self._pooler.stopping is not Stopping.NO and not self._stopping_said:
            self._stopping_said = True
            self._manager.stopping()
        self._manager.flush()

    # Reload

    def reload(self) -> None:
        """Read the configuration again and take it over as a whole.

        Raises:
            ConfigError: it has faults; nothing was changed.
        """
        self._manager.reloading()
        try:
            self._reload()
        finally:
            # That it has failed is in the log; it goes on to serve as before.
            self._manager.ready()

    def _reload(self) -> None:
        pooler = self._pooler
        path = pooler.settings.conffile
        try:
            loaded = load(path or None, os.environ, activated=bool(self._inherited))
        except ConfigError as error:
            for fault in error.faults:
                _log.error("%s", fault)
            _log.error("RELOAD failed: the configuration in force is kept")
            self._observer.reloads.failed()
            raise
        self._named = loaded.named
        settings, kept = merge(pooler.settings, loaded.settings)
        for warning in (*loaded.warnings, *kept):
            _log.warning("%s", warning)
        try:
            self._log.reopen(settings.logfile)
        except OSError as error:
            _log.error("cannot open logfile: %s", error)
        self._take_over(settings, _texts(loaded.secrets), loaded.policy)
        self._door.admit_by(loaded.token)
        self._observer.reloads.succeeded()
        _log.info("RELOAD: configuration read from %s", path or "environment")

    def change(self, name: str, text: str) -> None:
        """Change one setting until the next reload, which takes it from its file.

        Raises:
            SettingError: why it cannot be changed; nothing was.
        """
        pooler = self._pooler
        old = pooler.settings
        settings = changed(old, name, text)
        secrets, policy = pooler.context.secrets, pooler.context.policy
        try:
            if settings.auth_file != old.auth_file:
                found, faults = read_secrets(settings.auth_file)
                if faults:
                    raise SettingError(f"auth_file: {faults[0]}")
                secrets = _texts({**found, **self._named})
            if any(getattr(settings, n) != getattr(old, n) for n in POLICY_SETTINGS):
                policy = _policy(settings, secrets)
            if settings.logfile != old.logfile:
                self._log.reopen(settings.logfile)
            # Keys and certificates are read once more when they are taken over.
            encryption_of(settings)
            token = read_token(settings)
        except (OSError, TlsConfigError, TokenError) as error:
            raise SettingError(str(error)) from None
        self._take_over(settings, secrets, policy)
        self._door.admit_by(token)

    def _take_over(
        self, settings: Settings, secrets: Mapping[str, str], policy: Policy
    ) -> None:
        self._log.copy_to(syslog_handler(settings))
        self._log.set_format(as_json=settings.log_format is LogFormat.JSON)
        self._log.set_verbose(max(self._verbose, settings.verbose))
        self._pooler.context.resolver.max_ttl = settings.dns_max_ttl
        self._pooler.reload(settings, secrets, policy)

    # Signals

    def _handle_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        table: dict[int, Callable[[], None]] = {
            signal.SIGHUP: self._on_hup,
            signal.SIGTERM: lambda: self._shut_down(
                signal.SIGTERM, Stopping.WAIT_FOR_CLIENTS
            ),
            signal.SIGINT: lambda: self._shut_down(
                signal.SIGINT, Stopping.WAIT_FOR_SERVERS
            ),
            signal.SIGQUIT: lambda: self._shut_down(signal.SIGQUIT, Stopping.NOW),
            signal.SIGUSR1: self._on_usr1,
            signal.SIGUSR2: self._on_usr2,
        }
        for number, handler in table.items():
            loop.add_signal_handler(number, handler)

    def _on_hup(self) -> None:
        _log.info("got SIGHUP, re-reading config")
        self._try_reload()

    def _try_reload(self) -> None:
        try:
            self.reload()
        except ConfigError:
            # Every fault is in the log already.
            return

    def _on_usr1(self) -> None:
        if self._pooler.paused or self._pooler.suspension is not None:
            _log.info("got SIGUSR1, but already paused/suspended")
            return
        _log.info("got SIGUSR1, pausing all activity")
        self._pooler.pause()

    def _on_usr2(self) -> None:
        if self._pooler.stopping is not Stopping.NO:
            _log.info("got SIGUSR2 while shutting down, ignoring")
            return
        if self._pooler.suspension is not None:
            _log.info("got SIGUSR2, continuing from SUSPEND")
        elif self._pooler.paused or self._pooler.killed:
            _log.info("got SIGUSR2, continuing from PAUSE")
        else:
            _log.info("got SIGUSR2, but not paused/suspended")
            return
        self._pooler.resume()

    def _shut_down(self, number: signal.Signals, how: Stopping) -> None:
        """Stop as this signal asks; at once if that was asked for before."""
        if self._pooler.stopping is not Stopping.NO:
            _log.info("got %s while shutting down, fast exit", number.name)
            self._pooler.shut_down(Stopping.NOW)
            return
        _log.info("got %s, shutting down%s", number.name, _WAITS.get(how, ""))
        self._pooler.shut_down(how)


def _policy(settings: Settings, secrets: Mapping[str, str]) -> Policy:
    """Read the rules anew; SettingError if they cannot be used."""
    contradicting = contradiction(settings)
    if contradicting is not None:
        raise SettingError(contradicting)
    known = {user: Secret.from_text(text) for user, text in secrets.items()}
    policy, faults = read_policy(settings, known)
    if faults:
        raise SettingError(str(faults[0]))
    return policy


def _texts(secrets: Mapping[str, Secret]) -> dict[str, str]:
    return {user: secret.text for user, secret in secrets.items()}
