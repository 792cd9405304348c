"""Starting and ending the demo's pooler."""

import asyncio
from pathlib import Path

import pytest

from pgpool_py.demo import configuration, pooler
from pgpool_py.demo.errors import DemoError
from pgpool_py.demo.options import Options
from pgpool_py.demo.pooler import running_pooler
from pgpool_py.embedded.account import Account
from pgpool_py.embedded.place import is_free as is_really_free


async def start_and_stop(directory: Path, options: Options) -> None:
    # No PostgreSQL is needed: the pooler connects when a client asks.
    async with running_pooler(directory, options, "made-up_1", 1) as running:
        _, writer = await asyncio.open_connection("127.0.0.1", running.access.port)
        writer.close()


def test_where_all_ports_are_taken_another_range_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pooler, "is_free", lambda port: False)
    with pytest.raises(DemoError, match="from 65530 to 65535 are taken: name another"):
        asyncio.run(start_and_stop(tmp_path, Options(port=65530)))


def test_a_pooler_that_does_not_start_is_reported_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = configuration.write

    def write(
        directory: Path,
        options: Options,
        access: configuration.Access,
        server_port: int,
        account: Account | None,
    ) -> Path:
        path = written(directory, options, access, server_port, account)
        path.write_text("[pgbouncer]\nno_such_setting = 1\n")
        return path

    monkeypatch.setattr(configuration, "write", write)
    with pytest.raises(DemoError, match=r"status 1; its log ends:\n.*no_such_setting"):
        asyncio.run(start_and_stop(tmp_path, Options()))


def test_a_port_lost_to_somebody_quicker_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def is_free(port: int) -> bool:
        # The first port looks free before the pooler tries it, and only then.
        asked.append(port)
        return len(asked) == 1 or is_really_free(port)

    monkeypatch.setattr(pooler, "is_free", is_free)

    async def on_a_taken_port() -> None:
        taken = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        async with taken:
            port = taken.sockets[0].getsockname()[1]
            await start_and_stop(tmp_path, Options(port=port))
            assert asked[:2] == [port, port]
            assert asked[2] == port + 1

    asyncio.run(on_a_taken_port())
