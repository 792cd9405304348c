"""One frame: what rich prints of a look."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .look import Look, Row, database_lines, halts, pool_lines, wait_of

_BAR: Final = 20
# Rows of all tables but that of pools.
_MOST: Final = 8


def frame(look: Look | None, before: Look | None, said: str) -> RenderableType:
    """Give the whole frame; ``said`` is about the connection."""
    if look is None:
        return clean(said, "bold red")
    parts: list[RenderableType] = [_head(look, said)]
    parts += [clean(text, "bold red") for text in halts(look)]
    parts.append(_pools(look))
    if look.stats:
        parts.append(_databases(look, before))
    if look.waiting:
        parts.append(_waiting(look.waiting))
    if look.holding:
        parts.append(_holding(look.holding))
    for name, rows in look.more.items():
        if rows and name != "STATE":
            parts.append(_MORE.get(name, _rows)(name, rows))
    return Group(*parts)


def clean(value: object, style: str = "") -> Text:
    """Give a text as it is, without what a terminal would obey."""
    shown = "" if value is None else str(value)
    printable = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in shown
    )
    return Text(printable, style)


def duration(seconds: float) -> str:
    """Give it in the unit that suits."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def _head(look: Look, said: str) -> Text:
    lists = look.lists
    style = "bold red" if said.startswith("no answer") else "bold"
    return Text.assemble(
        clean(said, style),
        f"   clients {lists['used_clients']}, logging in {lists['login_clients']}"
        f"   servers {lists['used_servers']}   pools {lists['pools']}\n",
    )


def _table(title: str, columns: Iterable[str], left: int) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False
    )
    for number, column in enumerate(columns):
        table.add_column(
            column,
            justify="left" if number < left else "right",
            header_style="dim",
            no_wrap=True,
        )
    return table


def _pools(look: Look) -> Table:
    names = ("database", "user", "servers", "used", "idle", "waiting", "longest")
    table = _table("Pools", names, 3)
    for line in pool_lines(look):
        used = line.active + line.busy
        limit = str(line.limit) if line.limit else "∞"
        hot = "bold red" if line.waiting else "dim"
        table.add_row(
            clean(line.database, "bold"),
            clean(line.user),
            _bar(line.active, line.busy, line.idle + line.opening, line.limit),
            f"{used}/{limit}",
            str(line.idle),
            Text(str(line.waiting), hot),
            Text(duration(line.longest) if line.waiting else "-", hot),
        )
    return table


def _bar(active: int, busy: int, rest: int, limit: int) -> Text:
    whole = max(limit, active + busy + rest, 1)
    bar = Text()
    done = width = 0
    for number, sign, style in (
        (active, "█", "blue"),
        (busy, "▓", "magenta"),
        (rest, "░", "cyan"),
    ):
        done += number
        upto = round(_BAR * done / whole)
        bar.append(sign * (upto - width), style)
        width = upto
    return bar.append("·" * (_BAR - width), "dim")


def _databases(look: Look, before: Look | None) -> Table:
    names = ("database", "queries/s", "transactions/s", "query", "wait")
    table = _table("Databases", names, 1)
    for line in database_lines(look, before)[:_MOST]:
        table.add_row(
            clean(line.database, "bold"),
            f"{line.queries:.0f}",
            f"{line.transactions:.0f}",
            duration(line.query_time),
            duration(line.wait_time),
        )
    return table


def _waiting(rows: Sequence[Row]) -> Table:
    names = ("database", "user", "application", "address", "waits")
    table = _table("Clients that wait", names, 4)
    for row in rows[:_MOST]:
        table.add_row(*_who(row), duration(wait_of(row, "wait")))
    return table


def _holding(rows: Sequence[Row]) -> Table:
    names = ("database", "user", "application", "address", "client", "last request")
    table = _table("Clients that have a server", names, 5)
    for row in rows[:_MOST]:
        client = clean(row.get("id", row["ptr"]))
        table.add_row(*_who(row), client, clean(row["request_time"]))
    return table


def _who(row: Row) -> Iterator[Text]:
    """Give whose a row is: database, user, application, address."""
    yield clean(row["database"], "bold")
    yield clean(row["user"])
    yield clean(row.get("application_name"))
    yield clean(f"{row['addr']}:{row['port']}")


def _rows(name: str, rows: Sequence[Row]) -> Table:
    table = _table(name.capitalize(), rows[0], len(rows[0]))
    for row in rows[:_MOST]:
        table.add_row(*map(clean, row.values()))
    return table


def _advice(name: str, rows: Sequence[Row]) -> RenderableType:
    """Give lines of text, for a table of sentences fits no terminal."""
    if not _ADVISED.issubset(rows[0]):
        return _rows(name, rows)
    parts: list[RenderableType] = [Text(name.capitalize(), "bold")]
    for row in rows[:_MOST]:
        known = row["recommended"] or "not known yet"
        size = row["pool_size"] or "unlimited"
        said = f"{row['database']}/{row['user']}: pool_size {size} → {known}"
        parts += [clean(said), Padding(clean(row["why"], "dim"), (0, 0, 0, 2))]
    return Group(*parts)


_ADVISED: Final = frozenset({"database", "user", "pool_size", "recommended", "why"})
_MORE: Final[Mapping[str, Callable[[str, Sequence[Row]], RenderableType]]] = {
    "ADVICE": _advice
}
