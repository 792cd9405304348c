"""What tests of applications and of the pooler put around a connection."""

from .errors import ProxyClosedError
from .faults import Direction, On, Scope
from .proxy import ActiveFault, FaultProxy

__all__ = [
    "ActiveFault",
    "Direction",
    "FaultProxy",
    "On",
    "ProxyClosedError",
    "Scope",
]
