"""What of a database makes its servers outdated, besides where they lead."""

from operator import attrgetter

from pgpool_py.settings import DatabaseSettings

_of_lookups = attrgetter("auth_dbname", "auth_query")


def looks_up_elsewhere(
    before: DatabaseSettings | None, after: DatabaseSettings
) -> bool:
    """Tell whether secrets are looked up in another way now; PgBouncer's rule."""
    return before is not None and bool(_of_lookups(before) != _of_lookups(after))
