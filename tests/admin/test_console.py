"""A console and its pooler; what it logs."""

import logging

import pytest

from pgpool_py.admin.console import Console
from tests.admin.dialogue import no_change, no_reload, opened
from tests.pooler.staging import Stage, identity


def test_a_console_without_a_pooler_opens_nothing(stage: Stage) -> None:
    stream, _ = stage.stream()
    console = Console(no_reload, no_change)
    with pytest.raises(RuntimeError, match="attached to no pooler"):
        console(stream, identity(1), admin=True, on_closed=lambda: None)


def test_a_command_that_changes_something_is_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pgpool_py")
    dialogue = opened(stage)
    dialogue.ask("SHOW POOLS")
    dialogue.ask("PAUSE shop")
    dialogue.ask("RELOAD")
    assert caplog.messages == ["PAUSE 'shop' command issued", "RELOAD command issued"]
