"""SHOW FDS: not offered, for it hands clients and secrets to another process."""

from pgpool_py.errors import ConsoleError

from .refusals import admin_access_needed, no_descriptors


def refusal(*, admin: bool) -> ConsoleError:
    """Give the error for an admin, and for others."""
    return no_descriptors() if admin else admin_access_needed()
