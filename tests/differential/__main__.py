"""The soak: random conversations for as long as you like.

python -m tests.differential SECONDS [--clients N] [--servers N] [--seed N]
    [--postgres BINDIR | embedded] [--features NAME …] [--without NAME …] [--share]

It ends with status 1 at the first difference, which it prints. Seconds 0 and the seed
that was printed play one conversation again.
"""

import argparse
import secrets
import sys
from collections.abc import Sequence
from functools import partial, reduce
from operator import or_

from .features import Feature
from .generator import Size
from .soaking import Soak, soak
from .stage import EMBEDDED, SHARES, rig_of_its_own
from .tables import MOST_CLIENTS


def main(arguments: Sequence[str]) -> int:
    """Run it; return the exit status."""
    given = _parser().parse_args(arguments)
    successors = min(max(1, given.clients // 4), MOST_CLIENTS - given.clients)
    size = Size(given.clients, given.servers, successors=successors, parts=8)
    say = partial(print, flush=True)
    same = False
    try:
        more = SHARES if given.share else {}
        with rig_of_its_own(given.servers, given.postgres, more) as (rig, features):
            wanted = (features | _named(given.features)) & ~_named(given.without)
            if given.share:
                wanted |= Feature.CROWDS
            what = Soak(given.seed, size, wanted)
            say(f"seed {what.seed}, {given.clients} clients, {given.servers} servers")
            same = soak(rig, what, given.seconds, say)
    except AssertionError as defect:
        say(f"a defect in the pooler's log:\n{defect}")
        return 1
    if given.share:
        say(f"{rig.shared} exchanges were sent behind those of other clients")
        same = same and rig.shared > 0
    return 0 if same else 1


def _named(names: Sequence[str]) -> Feature:
    return reduce(or_, (Feature[name.upper()] for name in names), Feature(0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.differential", description=__doc__
    )
    names = [feature.name.lower() for feature in Feature if feature.name]
    parser.add_argument("seconds", type=float, help="how long to go on")
    parser.add_argument(
        "--clients", type=int, choices=range(1, MOST_CLIENTS), default=16, metavar="N"
    )
    parser.add_argument("--servers", type=int, default=3, metavar="N")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(1_000_000_000), metavar="N"
    )
    parser.add_argument(
        "--postgres", metavar="BINDIR", help=f"server programs, or {EMBEDDED!r}"
    )
    parser.add_argument(
        "--share", action="store_true", help="clients share servers, and read in crowds"
    )
    for option, words in (
        ("--features", "what conversations contain besides what is supported"),
        ("--without", "what they do not contain"),
    ):
        parser.add_argument(option, nargs="*", default=(), choices=names, help=words)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
