"""SHOW DNS_HOSTS and SHOW DNS_ZONES."""

import pytest

from pgpool_py.net.resolver import KnownName
from tests.admin.dialogue import opened
from tests.pooler.staging import Stage


def test_names_are_shown_with_addresses_and_whole_seconds(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [
        KnownName("db", ("10.0.0.1", "2001:db8::1"), 14.9),
        KnownName("away", (), 0.5),
    ]
    resolver = stage.pooler.context.resolver
    monkeypatch.setattr(resolver, "known", lambda: known)
    dialogue = opened(stage)
    assert dialogue.ask("SHOW DNS_HOSTS").rows == [
        ("away", "0", ""),
        ("db", "14", "10.0.0.1:0,[2001:db8::1]:0"),
    ]
    assert ("dns_names", "2") in dialogue.ask("SHOW LISTS").rows


def test_there_are_no_zones(stage: Stage) -> None:
    answer = opened(stage).ask("SHOW DNS_ZONES")
    assert (answer.kinds, answer.rows) == ("TCZ", [])
