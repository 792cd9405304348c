"""A PostgreSQL whose pg_hba.conf is the test's, and a knock at its door."""

import os
import pwd
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from pgpool_py.auth.rules import Certificate, Visitor
from pgpool_py.embedded import EmbeddedPostgres
from pgwire.startup import SSLRequest, StartupMessage
from tests.fixtures import waiting

#: The only name of the certificate that server and clients have.
COMMON_NAME = "alice"

#: Authentication requests by their number, see "Message Formats".
_REQUESTS = {0: "trust", 3: "plain", 5: "md5", 10: "scram-sha-256"}
_REFUSALS = {
    b"no pg_hba.conf entry": "NO_RULE",
    b"pg_hba.conf rejects": "REJECTED",
    b"Peer authentication failed": "PEER",
    b"ertificate": "CERTIFICATE",
}


class Disk:
    """Files as they are on disk."""

    def read(self, path: str) -> str:
        return Path(path).read_bytes().decode("utf-8", "surrogateescape")

    def names(self, directory: str) -> Iterable[str]:
        return os.listdir(directory)


@dataclass(frozen=True, slots=True)
class HbaServer:
    """A server that decides by files of the test."""

    postgres: EmbeddedPostgres
    certificate: Path
    key: Path

    @property
    def hba_file(self) -> Path:
        return self.postgres.data_dir / "pg_hba.conf"

    @property
    def ident_file(self) -> Path:
        return self.postgres.data_dir / "pg_ident.conf"

    def load(self, hba: str, ident: str) -> None:
        """Make the server decide by these; return when it does.

        Two lines are put in front: no file that was loaded before gives the two users
        the same answers.
        """
        name = secrets.token_hex(8)
        front = f"local all in_{name} trust\nlocal all out_{name} reject\n"
        self.hba_file.write_text(front + hba)
        self.ident_file.write_text(ident)
        os.kill(self.postgres.pid, signal.SIGHUP)
        waiting.until(
            lambda: (
                (self._as(f"in_{name}"), self._as(f"out_{name}"))
                == ("trust", "REJECTED")
            ),
            f"the server has loaded\n{hba}",
        )

    def knock(self, visitor: Visitor) -> str:
        """Return what is asked of a visitor, or why it is refused, in our words."""
        visit = visitor.visit
        parameters = {"user": visit.user, "database": visit.database}
        if visit.physical:
            parameters["replication"] = "yes"
        with ExitStack() as stack:
            door = stack.enter_context(self._connect(visitor))
            if visit.tls:
                door = stack.enter_context(self._encrypt(door, visitor.certificate))
            door.sendall(StartupMessage(0, parameters).encode())
            return _answer(door)

    def _as(self, user: str) -> str:
        with self._connect(None) as door:
            door.sendall(StartupMessage(0, {"user": user}).encode())
            return _answer(door)

    def _connect(self, visitor: Visitor | None) -> socket.socket:
        if visitor is None or visitor.visit.address is None:
            door = socket.socket(socket.AF_UNIX)
            door.settimeout(waiting.PATIENCE)
            directory = self.postgres.socket_dir
            door.connect(f"{directory}/.s.PGSQL.{self.postgres.port}")
            return door
        address = visitor.visit.address
        return socket.create_connection(
            ("127.0.0.1" if address.version == 4 else "::1", self.postgres.port),
            timeout=waiting.PATIENCE,
            source_address=(str(address), 0),
        )

    def _encrypt(
        self, door: socket.socket, certificate: Certificate | None
    ) -> ssl.SSLSocket:
        door.sendall(SSLRequest().encode())
        assert door.recv(1) == b"S"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context.wrap_socket(door)


def system_user() -> str:
    """Return what a server sees at the other end of its unix socket."""
    return pwd.getpwuid(os.geteuid()).pw_name


@contextmanager
def hba_server(directory: Path) -> Iterator[HbaServer]:
    """Run one, on 127.0.0.1, ::1 and a unix socket, with TLS."""
    certificate, key = _make_certificate(directory)
    settings = {
        # What is asked of unknown roles goes by it.
        "password_encryption": "md5",
        "ssl": "on",
        "ssl_ca_file": "server.crt",
    }
    with EmbeddedPostgres() as postgres:
        owner = postgres.data_dir.stat()
        for path in (certificate, key):
            copy = postgres.data_dir / f"server{path.suffix}"
            shutil.copy(path, copy)
            copy.chmod(0o600)
            os.chown(copy, owner.st_uid, owner.st_gid)
        for name, value in settings.items():
            postgres.psql(f"ALTER SYSTEM SET {name} = '{value}'")
        postgres.psql("ALTER SYSTEM SET listen_addresses = '127.0.0.1, ::1'")
        postgres.restart()
        yield HbaServer(postgres, certificate, key)


def _make_certificate(directory: Path) -> tuple[Path, Path]:
    """Make a certificate that is its own authority, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    certificate, key = directory / "own.crt", directory / "own.key"
    options = f"-x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={COMMON_NAME}"
    subprocess.run(
        [openssl, "req", *options.split(), "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return certificate, key


def _answer(door: socket.socket) -> str:
    """Read the first message and name it."""
    head = _exactly(door, 5)
    body = _exactly(door, int.from_bytes(head[1:], "big") - 4)
    if head[:1] == b"R":
        return _REQUESTS[int.from_bytes(body[:4], "big")]
    [refusal] = {name for text, name in _REFUSALS.items() if text in body} or {
        body.decode()
    }
    return refusal


def _exactly(door: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = door.recv(size - len(found))
        assert piece, "the server closed the connection"
        found += piece
    return found
