"""RELOAD: the configuration is read again, all of it or nothing."""

from pgpool_py import errors
from pgpool_py.config.faults import ConfigError

from .desk import Desk
from .result import Done


def run(desk: Desk) -> Done:
    """Reload.

    Raises:
        ConsoleError: F0000, the configuration has faults, which are in the log.
    """
    try:
        desk.reload()
    except ConfigError as error:
        faults = len(error.faults)
        detail = f"{faults} fault{'s' if faults > 1 else ''}; nothing was changed."
        # From None: a fault may quote a line that holds a password.
        raise errors.reload_failed(detail) from None
    return Done("RELOAD")
