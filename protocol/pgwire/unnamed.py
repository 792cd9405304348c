"""What stands for a client's unnamed statement, where it is not just its Parse."""


class Unkept:
    """One that is too long to be kept."""

    __slots__ = ()


class Dropping(bytes):
    """The Parse of one that may drop named statements, or make one."""

    __slots__ = ()


class Gone:
    """One that was closed."""

    __slots__ = ()
