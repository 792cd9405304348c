"""``pgpool-py advise``: how many servers each pool of a running pooler should have."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from pgpool_py.insight.advice import Advice
from pgpool_py.wording import counted

from . import advice_asking, replicas
from .advice_asking import NotAskedError
from .parser import Parser

# PostgreSQL's own default.
_RESERVED: Final = 3

#: Exit statuses.
NO_ANSWER: Final = 1
TOO_MANY: Final = 3


def parser() -> argparse.ArgumentParser:
    """Give the parser of the options."""
    options = Parser(
        prog="pgpool-py advise",
        description="Ask a running pooler how many servers each of its pools should "
        "have, and why: links per second, by the mean time that a server is held, by "
        "1.5, in the busiest minute of the last hour. By HTTP, which needs nothing "
        "else; or without http_listen by the console, which needs the extra top.",
        epilog="Exit status: 0 when advice was given, 1 when there was no answer or no "
        "such database, 3 when with --replicas all together do not fit in "
        "max_connections.",
    )
    options.add_argument(
        "where",
        metavar="FILE|URL",
        nargs="?",
        help="pgbouncer.ini of a pooler on this machine, http://host:port, or "
        "postgresql://user@host:port/pgbouncer; without it the environment says all. "
        f"For a URL of HTTP the token is {advice_asking.TOKEN}",
    )
    options.add_argument(
        "--database",
        action="append",
        metavar="NAME",
        help="only this database; may be repeated. With --replicas name those that "
        "lead to the same PostgreSQL",
    )
    _add_sizing(options)
    return options


def _add_sizing(options: argparse.ArgumentParser) -> None:
    sizing = options.add_argument_group(
        "several poolers alike",
        "In front of one PostgreSQL; the one that is asked serves its share of the "
        "clients.",
    )
    sizing.add_argument(
        "--replicas",
        type=_positive,
        metavar="N",
        help="so many, with those that a rollout has besides",
    )
    sizing.add_argument(
        "--max-connections",
        type=_positive,
        metavar="N",
        help="PostgreSQL's setting of this name",
    )
    sizing.add_argument(
        "--reserved",
        type=int,
        default=_RESERVED,
        metavar="N",
        help="less so many: superuser_reserved_connections, reserved_connections, and "
        f"whoever else connects past the poolers; default: {_RESERVED}",
    )
    sizing.add_argument(
        "--postgres",
        metavar="URL",
        help="ask this PostgreSQL for all three instead (extra top)",
    )


def _positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def run(arguments: list[str]) -> int:
    """Print the advice; give the exit status."""
    options = parser()
    given = options.parse_args(arguments)
    if given.replicas and not (given.max_connections or given.postgres):
        options.error("--replicas needs --max-connections N or --postgres URL")
    try:
        told = advice_asking.ask(advice_asking.find(given.where, os.environ))
        wanted = told.of(given.database or ())
        allowed = _allowed(given) if given.replicas else 0
    except NotAskedError as error:
        print(error, file=sys.stderr)
        return NO_ANSWER
    for line in lines(wanted):
        print(line)
    if not given.replicas or not wanted:
        return 0
    share = replicas.share(wanted, given.replicas, allowed)
    for line in share_lines(wanted, share):
        print(line)
    return 0 if share.fits else TOO_MANY


def _allowed(given: argparse.Namespace) -> int:
    if given.postgres:
        return advice_asking.allowed(given.postgres)
    most: int = given.max_connections - given.reserved
    return most


def lines(advice: Sequence[Advice]) -> Iterator[str]:
    """Say of each pool what it should have, and why."""
    if not advice:
        yield "there is no pool yet: the first client of a database and user makes one"
    for one in advice:
        size = one.configured or "unlimited"
        should = one.recommended or "not known yet"
        yield f"{one.database}/{one.user}: pool_size {size}, recommended {should}"
        yield f"  {one.why}"
        if one.recommended:
            lent = f"{one.links:.1f} links/s, each held for {_span(one.held)}"
            yield (
                f"  {lent if one.links else 'no link'}; clients waited "
                f"{_span(one.mean_wait)} on average, p99 {_span(one.p99_wait)}"
            )


def _span(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def share_lines(advice: Sequence[Advice], share: replicas.Share) -> Iterator[str]:
    """Say whether all fit, and what to change if not."""
    number = counted(share.replicas, "pooler")
    yield ""
    if share.configured is None:
        yield f"{number} may open any number of servers: a pool is unlimited"
    else:
        yield _sum(number, share.replicas, share.configured, "as configured")
    yield _sum(number, share.replicas, share.recommended, "as recommended")
    if not all(one.recommended for one in advice):
        yield "  where no size is known yet the configured one counts"
    yield (
        f"PostgreSQL lets {share.allowed} in (max_connections less what is reserved): "
        f"{share.each} for each pooler"
    )
    if share.fits:
        yield "that fits"
    elif share.recommended <= share.each:
        yield (
            "as configured that does not fit, as recommended it does; set pool_size to"
        )
        for one in advice:
            yield f"  {one.database}/{one.user}: {one.recommended or one.configured}"
    else:
        yield from _ways_out(advice, share)


def _ways_out(advice: Sequence[Advice], share: replicas.Share) -> Iterator[str]:
    needed = share.replicas * share.recommended
    yield (
        f"as recommended that does not fit: {needed} servers, {share.allowed} are let "
        "in"
    )
    yield "one of these is needed:"
    yield f"  - raise max_connections by {needed - share.allowed}"
    if fewer := max(0, share.allowed) // share.recommended:
        yield f"  - have {counted(fewer, 'pooler')} instead of {share.replicas}"
    if share.each < len(advice):
        return
    yield "  - have clients wait longer, with pool_size at most"
    most = replicas.sizes(advice, share.each)
    for one, size in zip(advice, most, strict=True):
        yield f"      {one.database}/{one.user}: {size}"


def _sum(poolers: str, replicas: int, servers: int, how: str) -> str:
    each = counted(servers, "server")
    return f"{poolers} with {each} each {how}: {replicas * servers} in all"
