"""What all pools of one pooler share."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pgpool_py.auth.rules import Policy
from pgpool_py.client.log_wishes import LogWishes
from pgpool_py.client.observed import SessionKind, session_kind
from pgpool_py.net.reactor import Reactor
from pgpool_py.net.resolver import Resolver
from pgpool_py.net.scratch import Scratch
from pgpool_py.net.socket_options import TcpOptions
from pgpool_py.pool.quota import Quota
from pgpool_py.server.parameters import ParameterBook
from pgpool_py.settings import Settings
from pgpool_py.sql.cache import ClassificationCache
from pgpool_py.sql.classify import classify
from pgpool_py.sql.fingerprint import Fingerprint, fingerprint
from pgpool_py.sql.refine import installed, refined
from pgpool_py.statistics import Tallies
from pgwire.classification import Classify
from pgwire.ledger import HOLD_LIMIT
from pgwire.statement import StatementBook

from .cancel_keys import CancelKeys
from .encryption import Encryption, encryption_of

CallLater = Callable[[float, Callable[[], None]], object]


class Starved(Protocol):
    """A pool in which somebody waits, and whose shared limits have no room."""

    @property
    def quotas(self) -> tuple[Quota, ...]:
        """Give the shared limits to which its servers count."""

    @property
    def oldest_wait(self) -> float | None:
        """Give since when somebody waits there, None if nobody does."""

    def grow(self) -> None:
        """Open what is wanted there, now that there may be room."""


@dataclass(slots=True)
class Context:
    """See the module's text.

    Attributes:
        settings: in force; replaced as a whole at a reload.
        encryption: TLS, by these settings.
        policy: by which clients are let in; replaced with the settings.
        secrets: from ``auth_file``: the stored secret of each user.
        evict: makes room in each of these quotas by closing the server that was idle
            longest; False, and nothing done, if one of them has none to close.
        numbers: gives clients and servers their numbers.
        log_wishes: what the log is to have of clients.
        statements: all that clients have prepared.
        classify: says what a text may touch of its session.
        fingerprint: gives a text without its literals.
        session_kind: chooses the class of a client's session.
        tcp_options: for every TCP socket, by these settings.
        starved: the pools that shared limits keep from growing.
        keys: by which clients are cancelled.
        call_later: calls a function after so many seconds.
        tallies: of clients that are in no pool: at the door, or on the console.
    """

    reactor: Reactor
    resolver: Resolver
    settings: Settings
    secrets: dict[str, str] = field(repr=False)
    evict: Callable[[tuple[Quota, ...]], bool]
    call_later: CallLater
    book: ParameterBook = field(init=False)
    scratch: Scratch = field(default_factory=lambda: Scratch(HOLD_LIMIT))
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    log_wishes: LogWishes = field(default_factory=LogWishes)
    encryption: Encryption = field(init=False)
    statements: StatementBook = field(init=False)
    tcp_options: TcpOptions = field(init=False)
    policy: Policy = field(init=False)
    classify: Classify = field(
        default_factory=lambda: ClassificationCache(refined(classify, installed()))
    )
    fingerprint: Callable[[bytes], Fingerprint] = field(default=fingerprint)
    session_kind: SessionKind = field(default=session_kind)
    starved: dict[Starved, None] = field(default_factory=dict)
    keys: CancelKeys = field(default_factory=CancelKeys)
    tallies: Tallies = field(default_factory=Tallies)

    def __post_init__(self) -> None:
        self.book = ParameterBook(self.settings.multiplexing_ignore)
        self.encryption = encryption_of(self.settings)
        self.tcp_options = _tcp_options(self.settings)
        self.statements = StatementBook(self.settings.max_prepared_statements)
        self.log_wishes.follow(self.settings)
        self.policy = Policy(self.settings.auth_type)

    def admit_by(self, policy: Policy | None) -> None:
        """Let clients in by a policy; None: by ``auth_type`` alone."""
        self.policy = policy or Policy(self.settings.auth_type)

    def follow(self, settings: Settings) -> bool:
        """Take new settings over; tell whether servers are encrypted as before.

        Raises:
            TlsConfigError: naming a setting; nothing was taken over.
            OSError: a file went away meanwhile.
        """
        encryption = encryption_of(settings)
        alike = encryption.server_side == self.encryption.server_side
        self.encryption = encryption
        self.settings = settings
        self.tcp_options = _tcp_options(settings)
        self.resolver.max_ttl = settings.dns_max_ttl
        self.resolver.failure_ttl = settings.dns_nxdomain_ttl
        self.statements.limit = settings.max_prepared_statements
        self.log_wishes.follow(settings)
        return alike


def _tcp_options(settings: Settings) -> TcpOptions:
    return TcpOptions(
        keepalive=settings.tcp_keepalive,
        keepcnt=settings.tcp_keepcnt,
        keepidle=settings.tcp_keepidle,
        keepintvl=settings.tcp_keepintvl,
        user_timeout=settings.tcp_user_timeout,
        socket_buffer=settings.tcp_socket_buffer,
    )
