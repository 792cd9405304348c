"""Whether the pools of several poolers fit in what PostgreSQL lets in."""

from collections.abc import Sequence
from dataclasses import dataclass

from pgpool_py.insight.advice import Advice


@dataclass(frozen=True, slots=True)
class Share:
    """What so many poolers alike open at most, next to what PostgreSQL lets in.

    Attributes:
        allowed: connections that others than superusers may have.
        configured: servers of one pooler by ``pool_size``; None if any is unlimited.
        recommended: servers of one pooler by its advice.
    """

    replicas: int
    allowed: int
    configured: int | None
    recommended: int

    @property
    def each(self) -> int:
        """Give how many servers each pooler may have."""
        return max(0, self.allowed) // self.replicas

    @property
    def fits(self) -> bool:
        """Whether what is configured fits, and what is recommended."""
        return self.configured is not None and self.each >= max(
            self.configured, self.recommended
        )


def share(advice: Sequence[Advice], replicas: int, allowed: int) -> Share:
    """Sum the pools of one pooler up; of one without advice its size counts."""
    sizes = [one.configured for one in advice]
    return Share(
        replicas,
        allowed,
        None if 0 in sizes else sum(sizes),
        sum(one.recommended or one.configured for one in advice),
    )


def sizes(advice: Sequence[Advice], each: int) -> list[int]:
    """Divide ``each`` servers among pools as their advice is, none with less than 1."""
    wanted = [one.recommended or one.configured or 1 for one in advice]
    whole = sum(wanted)
    return [max(1, each * one // whole) for one in wanted]
