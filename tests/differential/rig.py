"""Plays a conversation in both houses, and says what differs."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import psycopg

from .comparison import Difference, compare, compare_contents
from .conversation import Conversation
from .houses import Oracle, Pooler
from .outstanding import IllegalConversationError
from .player import Player
from .streams import Transcript
from .tables import MOST_CLIENTS, Tables


class RunningPooler(Protocol):
    """A pooler that was started for the rig."""

    @property
    def host(self) -> str:
        """Where it listens."""

    @property
    def port(self) -> int:
        """Where it listens."""

    def close(self) -> None:
        """End it; AssertionError, with its log, if that tells of a defect."""


class Rig:
    """Judges conversations; the pooler is started anew after each difference.

    Attributes:
        replies: how many were compared so far.
        stalls: how often a client of the pooler was given up for a while.
        shared: how many exchanges poolers that have ended sent behind others'.
    """

    def __init__(
        self,
        oracle: Oracle,
        tables: Tables,
        start: Callable[[], RunningPooler],
        servers: int,
    ) -> None:
        self.replies = 0
        self.stalls = 0
        self.shared = 0
        self._oracle = oracle
        self._tables = tables
        self._start = start
        self._servers = servers
        self._running: RunningPooler | None = None
        self._pooler: Pooler | None = None

    def judge(self, conversation: Conversation) -> Difference | None:
        """Return what differs, if anything does.

        Raises IllegalConversationError where PostgreSQL itself will not have it.
        """
        try:
            expected = Player(self._oracle, conversation).play()
        finally:
            wanted = self._take_contents(conversation)
        for client, transcript in expected.items():
            if transcript.ended or len(transcript.messages) < transcript.certain:
                raise IllegalConversationError(f"PostgreSQL left client {client}")
        difference = self._try_pooler(conversation, expected, wanted)
        if difference is not None:
            difference = replace(difference, log=self._renew())
        return difference

    def _try_pooler(
        self,
        conversation: Conversation,
        expected: Mapping[int, Transcript],
        wanted: list[str],
    ) -> Difference | None:
        found: dict[int, Transcript] = {}
        try:
            player = Player(self._house(), conversation, expected)
            found = player.play()
            self.stalls += player.stalls
            self.replies += sum(len(one.messages) for one in found.values())
            difference = compare(expected, found)
            if difference is not None:
                return difference
            what = compare_contents(wanted, self._take_contents(conversation))
        except psycopg.errors.LockNotAvailable:
            what = "a transaction was left open that holds a lock"
        except (OSError, EOFError) as error:
            what = f"the pooler does not work: {error!r}"
        return Difference(what, None, None, expected, found) if what else None

    def _take_contents(self, conversation: Conversation) -> list[str]:
        """Return what is in the tables, and restore them."""
        contents = self._tables.contents(max(conversation.clients) + 1)
        self._tables.restore(contents)
        return contents

    def _house(self) -> Pooler:
        if self._pooler is None:
            self._running = self._start()
            where = self._running
            self._pooler = Pooler(where.host, where.port, self._servers)
        return self._pooler

    def _renew(self) -> str:
        """End the pooler and start afresh; return its log if that tells of a defect."""
        log = ""
        try:
            self.close()
        except AssertionError as error:
            log = str(error)
        self._tables.restore(self._tables.contents(MOST_CLIENTS))
        return log

    def close(self) -> None:
        """End the pooler and all connections; AssertionError for a defect."""
        pooler, self._pooler = self._pooler, None
        running, self._running = self._running, None
        # The pooler's end is not its end while others have connections there.
        self._oracle.close()
        if pooler is not None:
            with contextlib.suppress(OSError, EOFError):
                self.shared += pooler.shared
            pooler.close()
        if running is not None:
            running.close()
