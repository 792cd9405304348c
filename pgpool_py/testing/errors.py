"""What can go wrong with the fault proxy itself."""


class ProxyClosedError(RuntimeError):
    """A fault was asked of a proxy that is closed, or whose thread has failed."""
