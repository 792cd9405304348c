"""What a name does not lead to any longer is told when it is looked up anew."""

import socket

from pgpool_py.net.resolver import Resolver
from tests.net.names import NameLoop, ask, loop, resolver, row

__all__ = ["loop", "resolver"]

Gone = list[tuple[str, frozenset[str]]]


def note_gone(resolver: Resolver) -> Gone:
    gone: Gone = []
    resolver.on_gone = lambda name, addresses: gone.append((name, addresses))
    return gone


def test_addresses_that_a_name_has_lost_are_told_when_it_is_looked_up_anew(
    loop: NameLoop, resolver: Resolver
) -> None:
    gone = note_gone(resolver)
    ask(loop, resolver, "db")
    loop.names["db"] = [row("10.0.0.2"), row("10.0.0.3")]
    ask(loop, resolver, "db")
    assert gone == []
    loop.skipped += 16
    ask(loop, resolver, "db")
    assert gone == [("db", frozenset({"10.0.0.1"}))]


def test_a_failed_look_up_takes_no_address_away(
    loop: NameLoop, resolver: Resolver
) -> None:
    gone = note_gone(resolver)
    resolver.max_ttl = resolver.failure_ttl = 0
    addresses = loop.names["db"]
    ask(loop, resolver, "db")
    loop.names["db"] = socket.gaierror(socket.EAI_NONAME, "Name not known")
    ask(loop, resolver, "db")
    loop.names["db"] = addresses
    ask(loop, resolver, "db")
    assert gone == []
    loop.names["db"] = [row("10.0.0.2")]
    ask(loop, resolver, "db")
    assert gone == [("db", frozenset({"10.0.0.1"}))]
