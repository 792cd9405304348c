"""What a server does, by the words of the console."""

from enum import StrEnum


class ServerState(StrEnum):
    """See the module's text; what each means, ``connection`` tells."""

    IDLE = "idle"
    ACTIVE = "active"
    TESTED = "tested"
    ABANDONED = "abandoned"
    BEING_CANCELED = "being_canceled"
