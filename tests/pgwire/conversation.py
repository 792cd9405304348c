"""A connected pair: our login to a server, and our authentication of a client.

`Server` puts around `ClientLogin` what a server says after authentication, so that
`ServerLogin` finds a whole server. Bytes go across as they are, framed here.
"""

from dataclasses import dataclass, field

from pgwire.backend import BackendKeyData, ParameterStatus, ReadyForQuery
from pgwire.client_login import AuthMethod, Challenge, ClientLogin
from pgwire.codes import TransactionStatus
from pgwire.scram import ScramSecret
from pgwire.server_login import ServerLogin
from pgwire.server_secret import ServerSecret
from pgwire.startup import StartupMessage, negotiate, parse_startup

SALT = b"\1\2\3\4"
MOCK_KEY = b"m" * 32
CHALLENGE = Challenge(SALT, "servernonce", MOCK_KEY)
# Few rounds: these tests are about the conversation.
ITERATIONS = 2

WELCOME = (
    ParameterStatus("server_version", "15.18").encode()
    + ParameterStatus("TimeZone", "UTC").encode()
    + BackendKeyData(1234, b"key!").encode()
    + ReadyForQuery(TransactionStatus.IDLE).encode()
)


def split(stream: bytes) -> list[tuple[int, bytes]]:
    """Cut whole messages into type and body."""
    messages: list[tuple[int, bytes]] = []
    while stream:
        end = 1 + int.from_bytes(stream[1:5], "big")
        messages.append((stream[0], stream[5:end]))
        stream = stream[end:]
    return messages


@dataclass
class Server:
    """What PostgreSQL would be; ``spoken`` collects all that it sends."""

    login: ClientLogin
    newest_minor: int = 2
    spoken: bytes = field(default=b"")

    def begin(self, packet: bytes) -> bytes:
        """Answer the startup packet."""
        startup = parse_startup(packet)
        assert isinstance(startup, StartupMessage)
        offer = negotiate(startup, self.newest_minor) or b""
        return self._say(offer + self.login.start())

    def answer(self, stream: bytes) -> bytes:
        """Answer whole messages of the client."""
        replies = [self.login.receive(kind, body) for kind, body in split(stream)]
        return self._say(b"".join(replies))

    def _say(self, reply: bytes) -> bytes:
        if self.login.done:
            reply += WELCOME
        self.spoken += reply
        return reply


def authentication(
    method: AuthMethod,
    secret: str | ScramSecret | None,
    *,
    user: str = "alice",
    verifier: ScramSecret | None = None,
) -> ClientLogin:
    """Make the authentication of a client with few SCRAM rounds."""
    return ClientLogin(
        method, user, secret, CHALLENGE, verifier=verifier, iterations=ITERATIONS
    )


def login(secret: ServerSecret, *, user: str = "alice") -> ServerLogin:
    """Make a login to a server."""
    return ServerLogin(user, secret, {"database": "app"}, "clientnonce")


def converse(ours: ServerLogin, server: Server) -> None:
    """Let the two talk until our login is done; errors of either pass."""
    to_us = server.begin(ours.start())
    while not ours.done:
        replies = [ours.receive(kind, body) for kind, body in split(to_us)]
        to_us = server.answer(b"".join(replies))
