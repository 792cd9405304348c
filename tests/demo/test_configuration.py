"""The files that the demo's pooler is started on."""

import os
from pathlib import Path

from pgpool_py.config.load import load
from pgpool_py.demo import configuration
from pgpool_py.demo.configuration import Access
from pgpool_py.demo.options import Options
from pgpool_py.embedded.account import Account

ACCESS = Access(6433, "made-up_1")


def test_the_pooler_can_use_what_is_written(tmp_path: Path) -> None:
    options = Options(clients=10, pool_size=3)
    path = configuration.write(tmp_path, options, ACCESS, 25432, None)
    loaded = load(str(path))
    settings = loaded.settings
    assert settings.listen_port == 6433
    assert settings.for_pool("demo", "demo").pool_size == 3
    assert settings.max_client_conn > 10
    assert loaded.secrets["demo"].text == "made-up_1"
    assert loaded.settings.databases["demo"].port == 25432


def test_with_an_account_the_pooler_becomes_it_and_owns_its_files(
    tmp_path: Path,
) -> None:
    # Ourselves, for nobody but root may give files away.
    ours = Account("somebody", os.getuid(), os.getgid())
    path = configuration.write(tmp_path, Options(), ACCESS, 25432, ours)
    assert path.read_text().endswith("user = somebody\n")
    assert {file.name for file in tmp_path.iterdir()} == {
        "pgbouncer.ini",
        "userlist.txt",
    }


def test_the_url_carries_the_password_and_the_repr_does_not() -> None:
    assert ACCESS.url() == "postgresql://demo:made-up_1@127.0.0.1:6433/demo"
    assert ACCESS.url("pgbouncer").endswith("/pgbouncer")
    assert "made-up_1" not in repr(ACCESS)
