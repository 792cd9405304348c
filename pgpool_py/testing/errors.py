"""What can go wrong with the fault proxy itself, and what strict mode fails with."""


class ProxyClosedError(RuntimeError):
    """A fault was asked of a proxy that is closed, or whose thread has failed."""


class LeftBehindError(AssertionError):
    """Clients have left something behind; the text says what, by which statement."""
