"""RELOAD."""

from pgpool_py.config.faults import ConfigError, Fault
from tests.admin.dialogue import Dialogue, attached
from tests.pooler.staging import Stage


def test_reload_reads_the_configuration(stage: Stage) -> None:
    calls = []
    console = attached(stage, lambda: calls.append("reload"))
    dialogue = Dialogue(stage, console, admin=True)
    dialogue.receive()
    assert dialogue.ask("RELOAD").tags == ["RELOAD"]
    assert calls == ["reload"]


def test_a_reload_with_faults_says_so_and_shows_no_line_of_the_file(
    stage: Stage,
) -> None:
    def broken() -> None:
        raise ConfigError((Fault("pgbouncer.ini", 3, "password=hunter2 is broken"),))

    dialogue = Dialogue(stage, attached(stage, broken), admin=True)
    dialogue.receive()
    error = dialogue.ask("RELOAD").error
    assert error.sqlstate == "F0000"
    assert error.message == "RELOAD failed, see logs for additional details"
    assert "hunter2" not in str(error.fields)
    assert dialogue.ask("SHOW VERSION").tags == ["SHOW"]
