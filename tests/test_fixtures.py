"""The suite's own rules, each tried on a small suite that breaks it."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> "Suite":
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Much quicker; the rules need no other plugin.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    # It is a suite of its own, whoever runs this one.
    for name in ("CI", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    return Suite(pytester)


class Suite:
    """Runs test code in a process of its own, with one of the plugins."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester

    def run(self, plugin: str, code: str, *options: str) -> pytest.RunResult:
        self._pytester.makepyfile(code)
        plugins = ["-p", f"tests.fixtures.{plugin}", "-p", "no:cacheprovider"]
        return self._pytester.runpytest_subprocess(*plugins, *options, timeout=60)


SKIPS = """
    import pytest
    def test_absent(): pytest.skip("no psql here")
    @pytest.mark.skipif(True, reason="no pgbench here")
    def test_marked(): pass
    @pytest.mark.xfail
    def test_expected(): assert False
"""


def test_skipped_tests_are_listed_by_name_with_the_reason(suite: Suite) -> None:
    result = suite.run("skips", SKIPS)
    result.assert_outcomes(skipped=2, xfailed=1)
    result.stdout.fnmatch_lines(
        ["*not run here*", "*::test_absent: *no psql here", "*::test_marked: *pgbench*"]
    )


def test_with_ci_a_skip_is_a_failure_and_an_expected_failure_is_not(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = suite.run("skips", SKIPS)
    # A marked test is refused in its set-up, which pytest calls an error.
    result.assert_outcomes(failed=1, errors=1, xfailed=1)
    result.stdout.fnmatch_lines(["*no psql here; with CI=true nothing may be skipped"])


def test_with_ci_a_module_that_skips_itself_is_an_error(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = suite.run("skips", 'import pytest; pytest.importorskip("not_there")')
    result.assert_outcomes(errors=1)
    assert result.ret != 0


#: Two workers share the tests.
SHARED = ("-p", "xdist", "-n", "2")


def test_what_workers_skip_is_listed(suite: Suite) -> None:
    result = suite.run("skips", SKIPS, *SHARED)
    result.assert_outcomes(skipped=2, xfailed=1)
    result.stdout.fnmatch_lines_random(
        ["*not run here*", "*::test_absent: *no psql here", "*::test_marked: *pgbench*"]
    )


def test_with_ci_what_workers_skip_is_a_failure(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    result = suite.run("skips", SKIPS, *SHARED)
    result.assert_outcomes(failed=1, errors=1, xfailed=1)


def test_what_a_worker_leaves_behind_fails_the_session(suite: Suite) -> None:
    result = suite.run(
        "leftovers",
        """
        import tempfile
        def test_it():
            tempfile.mkstemp(suffix=".forgotten")
        """,
        *SHARED,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*.forgotten*"])


def test_an_exception_in_a_loop_callback_fails_its_test(suite: Suite) -> None:
    result = suite.run(
        "loops",
        """
        import asyncio
        def test_it():
            async def main():
                asyncio.get_running_loop().call_soon(lambda: 1 / 0)
                await asyncio.sleep(0)
            asyncio.run(main())
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_a_task_that_nobody_awaited_fails_its_test(suite: Suite) -> None:
    result = suite.run(
        "loops",
        """
        import asyncio
        async def broken(): raise KeyError("lost")
        def test_it():
            async def main():
                task = asyncio.create_task(broken())
                await asyncio.wait([task])
            asyncio.run(main())
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*never retrieved*"])


def test_a_test_may_provoke_a_report_and_take_it(suite: Suite) -> None:
    result = suite.run(
        "loops",
        """
        import asyncio
        def test_it(loop_guard):
            async def main():
                asyncio.get_running_loop().call_soon(lambda: 1 / 0)
                await asyncio.sleep(0)
            asyncio.run(main())
            [context] = loop_guard.take()
            assert isinstance(context["exception"], ZeroDivisionError)
        """,
    )
    result.assert_outcomes(passed=1)


def test_a_process_left_behind_fails_the_session(suite: Suite) -> None:
    result = suite.run(
        "leftovers",
        """
        import os, subprocess, sys
        def test_it():
            # Ends with us at the latest: its input is a pipe of this process.
            global left
            left = subprocess.Popen(
                [sys.executable, "-c", "import sys; print(1, flush=True);"
                 "sys.stdin.read()"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            assert left.stdout.readline() == b"1\\n"
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*processes are left behind*"])


def test_a_listening_socket_left_behind_fails_the_session(suite: Suite) -> None:
    result = suite.run(
        "leftovers",
        """
        import socket
        def test_it():
            global left
            left = socket.create_server(("127.0.0.1", 0))
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*listening sockets are left behind*"])


def test_a_temporary_file_left_behind_fails_the_session(suite: Suite) -> None:
    result = suite.run(
        "leftovers",
        """
        import tempfile
        def test_it(tmp_path):
            (tmp_path / "pytest's own").write_text("may stay")
            tempfile.mkstemp(suffix=".forgotten")
        """,
    )
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*.forgotten*"])
