"""What can go wrong with the demo."""


class DemoError(Exception):
    """The demo cannot start or go on; the text says what to do about it."""
