"""Makes ``pgpool_py/sql/catalogue.py`` of what PostgreSQL's own catalogues say.

    python -m tests.sql.catalogue DIRECTORY... > pgpool_py/sql/catalogue.py

Each directory has the programs of one version; what is true in all of them is kept.
"""

import os
import re
import sys
import textwrap
from typing import Final

from pgpool_py.embedded import EmbeddedPostgres

#: Functions that can be written as a call, all of whose overloads are not volatile.
#: What implements operators, aggregates and access methods nobody calls by name.
STABLE: Final = """
SELECT proname FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace
GROUP BY proname HAVING bool_and(provolatile IN ('i', 's')) AND bool_or(
    prorettype::regtype::text !~ '^(internal|cstring|(event_)?trigger|.*_handler)$'
    AND NOT proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[]
    AND NOT EXISTS (SELECT FROM pg_operator o WHERE
        p.oid IN (o.oprcode, o.oprrest, o.oprjoin))
    AND NOT EXISTS (SELECT FROM pg_amproc a WHERE a.amproc = p.oid)
    AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn,
        a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn)))
ORDER BY proname COLLATE "C"
"""
#: Keywords that no function can have as its name, unquoted.
KEYWORDS: Final = """
SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'C')
ORDER BY word COLLATE "C"
"""
#: Run twice, or on another server, they tell another story.
TELLING: Final = re.compile(
    r"current_setting|current_query|pg_backend_pid|txid_current.*|pg_current_xact_id.*"
    r"|.*_to_xml.*|ts_(stat|rewrite)|pg_(cursor|prepared_statement|lock_status)"
    r"|pg_show_all_settings|pg_my_temp_schema|pg_is_other_temp_schema"
    r"|pg_listening_channels|pg_stat_get_.*|currval|lastval|inet_client_.*"
)

_HEAD: Final = '''"""What PostgreSQL's catalogues say of functions and keywords.

Made by ``python -m tests.sql.catalogue`` of versions {versions}; true in all of them.
"""

from typing import Final
'''


def names(server: EmbeddedPostgres, query: str) -> set[str]:
    """Give the names that a query of one column has for answer."""
    return set(server.psql(query).split()) - {""}


def _table(name: str, comment: str, found: set[str]) -> str:
    text = textwrap.fill(" ".join(sorted(found)), 84, break_on_hyphens=False)
    lines = textwrap.indent(text, "    ")
    body = f'    b"""\n{lines}\n    """.split()'
    return f"\n#: {comment}\n{name}: Final = frozenset(\n{body}\n)\n"


def main(directories: list[str]) -> None:
    """Print the module that these versions make."""
    stable, keywords, versions = [], [], []
    for directory in directories:
        os.environ["PGPOOL_POSTGRES_BIN"] = directory
        with EmbeddedPostgres() as server:
            stable.append(names(server, STABLE))
            keywords.append(names(server, KEYWORDS))
            versions.append(str(server.version[0]))
    kept = {name for name in set.intersection(*stable) if not TELLING.fullmatch(name)}
    sys.stdout.write(
        _HEAD.format(versions=" and ".join(versions))
        + _table("STABLE_FUNCTIONS", "No overload of any is volatile.", kept)
        + _table(
            "NO_FUNCTIONS",
            "What is no function's name, unquoted.",
            set.intersection(*keywords),
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
