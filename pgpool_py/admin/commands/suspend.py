"""SUSPEND: answered when nothing is kept unsent and nobody is read any more.

It holds until a RESUME, or until the console session that asked for it ends.
"""

from pgpool_py.pooler.stopping import Stopping

from .desk import Desk
from .refusals import (
    already_paused,
    cannot_suspend_paused,
    not_paused,
    shutting_down,
)
from .result import Waiting


def run(desk: Desk) -> Waiting:
    """Suspend everything but the console.

    Raises:
        ConsoleError: something is paused already, or the pooler is shutting down.
    """
    pooler = desk.pooler
    if pooler.paused or pooler.suspension is not None:
        raise already_paused()
    if pooler.paused_databases:
        raise cannot_suspend_paused()
    if pooler.stopping is not Stopping.NO:
        raise shutting_down()
    suspension = pooler.suspend()

    def ready() -> bool:
        if pooler.suspension is not suspension:
            # By a RESUME on another console, a signal, or a shutdown.
            raise not_paused()
        return suspension.complete

    def undo() -> None:
        if pooler.suspension is suspension:
            pooler.resume()

    return Waiting("SUSPEND", ready, undo, at_end=undo)
