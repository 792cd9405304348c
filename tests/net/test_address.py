"""Addresses as libpq, the kernel and a reader want them."""

import socket
import sys
from pathlib import Path

import pytest

from pgpool_py.net.address import (
    Address,
    address_text,
    ip_address,
    kernel_path,
    origin_text,
    own_address,
    single,
    unix_socket_path,
)


def test_a_unix_socket_has_the_name_that_libpq_looks_for() -> None:
    assert unix_socket_path("/run/pg", 6432) == "/run/pg/.s.PGSQL.6432"


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("127.0.0.1", 6432), "127.0.0.1:6432"),
        (("::1", 6432), "[::1]:6432"),
        ("/run/pg/.s.PGSQL.6432", "unix:/run/pg/.s.PGSQL.6432"),
        ("@pg/.s.PGSQL.6432", "unix:@pg/.s.PGSQL.6432"),
    ],
)
def test_an_address_is_written_as_in_a_log_line(address: Address, text: str) -> None:
    assert address_text(address) == text


@pytest.mark.parametrize(
    ("address", "found"),
    [
        (("127.0.0.1", 6432), ("127.0.0.1", 6432)),
        (("0.0.0.0", 6432), None),
        (("::", 6432), None),
        ("/run/pg/.s.PGSQL.6432", None),
    ],
)
def test_an_address_that_stands_for_others_is_not_a_single_one(
    address: Address, found: Address | None
) -> None:
    assert single(address) == found


def test_only_an_at_sign_in_front_means_the_abstract_namespace() -> None:
    assert kernel_path("@pg/x") == "\0pg/x"
    assert kernel_path("/run/@pg/x") == "/run/@pg/x"


def test_a_link_local_address_keeps_its_scope() -> None:
    # address, port, flow information, scope
    assert ip_address(("fe80::1", 5432, 0, 2)) == ("fe80::1%2", 5432)
    assert ip_address(("::1", 5432, 0, 0)) == ("::1", 5432)


def test_a_bound_tcp_socket_tells_its_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert own_address(server) == ("127.0.0.1", server.getsockname()[1])


def test_a_bound_unix_socket_tells_its_path(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(path)
        assert own_address(sock) == path


if sys.platform == "linux":

    def test_an_abstract_socket_tells_its_name() -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind("\0pgpool-py-test-address")
            assert own_address(sock) == "@pgpool-py-test-address"


def test_a_connection_tells_where_it_comes_from() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        port = client.getsockname()[1]
        assert origin_text(client) == f" (from 127.0.0.1:{port})"
    assert origin_text(client) == ""
    with socket.socket(socket.AF_UNIX) as unix:
        assert origin_text(unix) == ""
