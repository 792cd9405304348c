"""Numbers in the texts that people read."""


def counted(number: int, one: str) -> str:
    """Give a number with its noun: ``1 server``, ``2 servers``."""
    return f"{number} {one}" if number == 1 else f"{number} {one}s"
