"""The demo as a person runs it: it shows, it ends, and nothing of it stays."""

import contextlib
import os
import re
import signal
import socket

import psycopg
import pytest

from pgpool_py.demo import show

from .running import RunningDemo, running_demo

pytestmark = pytest.mark.integration

SUMMARY = r"^(\d+) clients?, (\d+) servers?, (\d[\d ]*) transactions, (\d+) errors?$"
#: A row of figures: the seconds, and the clients. Where a start takes long, the first
#: seconds are missing.
ROW = r"^ +\d+ +\d+ "


def assert_nothing_is_left(demo: RunningDemo) -> None:
    assert demo.leftovers() == []


def test_it_passes_over_a_taken_port_ends_after_its_time_and_leaves_nothing() -> None:
    arguments = ["--seconds", "2", "--clients", "16", "--pool-size", "2", "--port"]
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        running_demo(*arguments, str(taken.getsockname()[1])) as demo,
    ):
        _, port = demo.read_url()
        assert port > taken.getsockname()[1]
        demo.read_until(ROW)
        summary = demo.read_until(SUMMARY)
        assert demo.end() == 0
        assert summary[1] == "16"
        assert summary[2] == "2"
        assert int(summary[3].replace(" ", "")) > 0
        assert summary[4] == "0"
        assert demo.errors() == ""
        assert_nothing_is_left(demo)


def test_a_person_may_look_around_and_be_in_a_transaction_when_it_ends() -> None:
    with running_demo("--clients", "4") as demo:
        url, _ = demo.read_url()
        demo.read_until(ROW)
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT count(*) FROM account").fetchone()
        assert row == (1000,)
        console = url.removesuffix("demo") + "pgbouncer"
        with psycopg.connect(console, autocommit=True) as connection:
            rows = connection.execute("SHOW POOLS").fetchall()
        assert ("demo", "demo") in {row[:2] for row in rows}
        with contextlib.closing(psycopg.connect(url)) as connection:
            connection.execute("SELECT 1")
            demo.ctrl_c()
            assert demo.end() == 0
            assert re.search(SUMMARY, demo.printed[-1])
            assert demo.errors() == ""
            assert_nothing_is_left(demo)


def test_accounts_that_do_not_add_up_are_an_error() -> None:
    with running_demo("--clients", "4") as demo:
        url, _ = demo.read_url()
        demo.read_until(ROW)
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE account SET balance = balance + 1 WHERE id = 1")
        demo.ctrl_c()
        assert demo.read_until(SUMMARY)[4] == "1"
        demo.read_until("^the first error: the accounts add up to 100001 instead of")
        assert demo.end() == 1
        assert_nothing_is_left(demo)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(number: signal.Signals) -> None:
    with running_demo("--clients", "8") as demo:
        demo.read_until(ROW)
        demo.process.send_signal(number)
        assert demo.end() == 0
        assert re.search(SUMMARY, demo.printed[-1])
        assert demo.errors() == ""
        assert_nothing_is_left(demo)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_it_starts_ends_it_too(number: signal.Signals) -> None:
    with running_demo() as demo:
        demo.read_until("^starting")
        # A Ctrl-C reaches initdb as well, which is in the same process group.
        os.killpg(demo.process.pid, number)
        assert demo.end() == 0
        assert demo.errors() == ""
        assert_nothing_is_left(demo)


def test_a_second_signal_does_not_disturb_the_end() -> None:
    with running_demo("--clients", "4") as demo:
        demo.read_until(ROW)
        demo.ctrl_c()
        demo.read_until(SUMMARY)
        # PostgreSQL and the pooler are being ended now, or the process is gone.
        demo.ctrl_c()
        demo.end()
        assert_nothing_is_left(demo)


def test_a_pooler_that_dies_is_reported_and_nothing_stays() -> None:
    with running_demo("--clients", "4") as demo:
        demo.read_until(ROW)
        os.kill(demo.pooler_pid(), signal.SIGKILL)
        assert demo.end() == 1
        assert demo.errors().startswith("the pooler ended with status -9")
        assert_nothing_is_left(demo)


def test_an_output_that_nobody_reads_ends_it() -> None:
    with running_demo("--clients", "4") as demo:
        demo.read_until(ROW)
        assert demo.process.stdout is not None
        demo.process.stdout.close()
        assert demo.process.wait() == 1
        assert demo.errors() == ""
        assert_nothing_is_left(demo)


def test_what_leads_libpq_elsewhere_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {"PGSSLMODE": "require", "PGPOOL_POSTGRES_BIN": "/bin", "HOME": "/"}
    monkeypatch.setattr(os, "environ", given)
    show.forget_libpq_environment()
    assert given == {"PGPOOL_POSTGRES_BIN": "/bin", "HOME": "/"}
