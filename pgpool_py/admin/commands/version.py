"""The version that the console gives itself out as.

Exporters and scripts ask for it and decide by it which columns there are, so it is
that of the PgBouncer whose interface this is. Our own stands in SHOW HELP.
"""

from typing import Final

PGBOUNCER_VERSION: Final = "1.25.2"
SHOWN_VERSION: Final = f"PgBouncer {PGBOUNCER_VERSION}"
SERVER_VERSION: Final = f"{PGBOUNCER_VERSION}/bouncer"
