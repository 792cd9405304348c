"""One request over a connection."""

import logging
import socket
from collections.abc import Mapping
from http import HTTPStatus

import pytest

from pgpool_py.web.answer import Answer, text
from pgpool_py.web.head import MOST_HEAD
from pgpool_py.web.request import Request, Responder

from .replies import Reply, parse, read_all


def respond(path: str, headers: Mapping[str, str]) -> Answer:
    """Tell what was asked."""
    return text(HTTPStatus.OK, f"{path} for {headers.get('x-who', 'nobody')}")


def exchange(said: bytes, responder: Responder = respond) -> bytes:
    """Return what comes back until the end."""
    ours, theirs = socket.socketpair()
    with theirs:
        theirs.sendall(said)
        theirs.shutdown(socket.SHUT_WR)
        with ours:
            Request(ours, ("127.0.0.1", 1), responder)
        return read_all(theirs)


def get(said: str, responder: Responder = respond) -> Reply:
    return parse(exchange(said.encode(), responder))


def test_a_path_is_answered_and_the_connection_ended() -> None:
    reply = get("GET /readyz?verbose HTTP/1.1\r\nX-Who: me\r\n\r\n")
    assert (reply.status, reply.body) == (200, "/readyz for me\n")
    assert reply.headers["Content-Length"] == str(len(reply.body))
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert reply.headers["Connection"] == "close"
    assert reply.headers["Cache-Control"] == "no-store"


def test_who_answers_is_told_and_not_by_which_python() -> None:
    assert get("GET / HTTP/1.1\r\n\r\n").headers["Server"] == "pgpool_py"


def test_what_comes_behind_the_first_request_is_not_answered() -> None:
    both = exchange(b"GET /one HTTP/1.1\r\n\r\nGET /two HTTP/1.1\r\n\r\n")
    assert both.count(b"HTTP/1.1 200") == 1


def test_a_head_request_gets_no_body() -> None:
    reply = get("HEAD / HTTP/1.1\r\n\r\n")
    assert (reply.status, reply.body) == (200, "")
    assert reply.headers["Content-Length"] == "13"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("POST / HTTP/1.1\r\n\r\n", 501),
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/9.9\r\n\r\n", 505),
        (f"GET /{'x' * MOST_HEAD} HTTP/1.1\r\n", 431),
    ],
)
def test_what_is_not_taken_is_told_so_in_plain_text(said: str, status: int) -> None:
    reply = get(said)
    assert reply.status == status
    assert reply.headers["Content-Type"].startswith("text/plain")
    assert "<" not in reply.body


def test_who_says_nothing_is_answered_nothing() -> None:
    assert exchange(b"") == b""


def test_a_defect_is_told_to_the_log_and_not_to_the_client(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(path: str, headers: Mapping[str, str]) -> Answer:
        raise KeyError("secret")

    with caplog.at_level(logging.ERROR, "pgpool_py"):
        reply = get("GET /metrics HTTP/1.1\r\n\r\n", fail)
    assert (reply.status, reply.body) == (500, "internal error\n")
    assert "HTTP: /metrics failed" in caplog.text


def test_a_client_that_is_gone_when_it_is_answered_is_no_matter() -> None:
    ours, theirs = socket.socketpair()
    theirs.sendall(b"GET / HTTP/1.1\r\n\r\n")
    theirs.close()
    with ours:
        Request(ours, ("127.0.0.1", 1), respond)
