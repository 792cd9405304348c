"""Asking the loop from another thread."""

import asyncio
import threading

import pytest

from pgpool_py.web.question import Asker, NoAnswerError


def test_the_loop_answers_in_its_own_thread(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    asked = Asker(running_loop).ask(threading.get_ident)
    assert asked != threading.get_ident()


def test_what_goes_wrong_there_goes_wrong_here(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    def fail() -> None:
        raise KeyError("app")

    with pytest.raises(KeyError, match="app"):
        Asker(running_loop).ask(fail)


def test_a_loop_that_is_too_late_is_not_waited_for_and_does_no_work_in_vain(
    running_loop: asyncio.AbstractEventLoop,
) -> None:
    asked: list[int] = []
    busy, go_on = threading.Event(), threading.Event()

    def block() -> None:
        busy.set()
        go_on.wait()

    running_loop.call_soon_threadsafe(block)
    busy.wait()
    with pytest.raises(NoAnswerError, match=r"did not answer within 0\.01 s"):
        Asker(running_loop, patience=0.01).ask(lambda: asked.append(1))
    go_on.set()
    Asker(running_loop).ask(lambda: None)
    assert asked == []


def test_a_loop_that_is_closed_does_not_answer() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(NoAnswerError, match="stopped"):
        Asker(loop).ask(lambda: None)
