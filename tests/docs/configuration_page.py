"""docs/configuration.md, from the table of settings: ``make docs`` writes it."""

from pgpool_py.config.option import Effect, Option
from pgpool_py.config.options import OPTIONS

_HEAD = """\
# Settings

Every setting of `[pgbouncer]`. `make docs` writes this page from the table in
`pgpool_py/config/options.py`. The variable `PGPOOL_<SETTING>` stands over the file.
Those marked "ours" PgBouncer does not know. "restart" keeps its value until the next
start; RELOAD takes over all others.

| setting | default | unit | taken over by | whose | meaning |
|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the whole page."""
    return _HEAD + "".join(map(_row, OPTIONS.values()))


def _row(option: Option) -> str:
    default = option.kind.show(option.default)
    if option.name == "unix_socket_mode":
        default = f"{option.default:04o}"
    meaning = option.meaning.replace("|", "\\|")
    if option.effect is Effect.LATER:
        meaning += " (no effect)"
    cells = (
        f"`{option.name}`",
        f"`{default}`".replace("|", "\\|") if default else "",
        option.unit,
        "reload" if option.reloadable else "restart",
        "ours" if option.ours else "PgBouncer's",
        meaning,
    )
    return f"| {' | '.join(cells)} |\n".replace("|  |", "| |").replace("|  |", "| |")


if __name__ == "__main__":
    print(page(), end="")
