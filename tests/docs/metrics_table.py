"""The table of metrics for docs/metrics.md: ``python -m tests.docs.metrics_table``."""

from pgpool_py.metrics.families import FAMILIES

HEAD = ("metric", "type", "labels", "what it tells")


def rows() -> list[tuple[str, ...]]:
    """Return the cells of each row, the head first."""
    return [
        HEAD,
        *(
            (
                f"`{family.name}`",
                str(family.kind),
                ", ".join(f"`{label}`" for label in family.labels),
                family.meaning.removesuffix("."),
            )
            for family in FAMILIES
        ),
    ]


def table() -> str:
    """Return it as it stands on the page."""
    head, *body = (f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows())
    return "\n".join((head, "|---|---|---|---|", *body))


if __name__ == "__main__":
    print(table())
