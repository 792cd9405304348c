"""What we know to log in to a server, and the answer it gives to each method."""

from dataclasses import dataclass, field
from typing import Final

from ._buffer import encode_text
from .errors import LoginFailed
from .frontend import PasswordMessage
from .md5 import is_md5_secret, md5_response
from .scram import ScramKeys


# Final, not frozen: made at each login.
@dataclass(slots=True, unsafe_hash=True)
class ServerSecret:
    """A password, SCRAM keys, both or neither; nothing of it is shown in a repr.

    Every method raises LoginFailed where what is known does not fit.

    Attributes:
        password: plain, or in the stored form of ``md5``, or None.
        keys: SCRAM keys, used where there is no plain password.

    """

    password: Final[str | None] = field(default=None, repr=False)
    keys: Final[ScramKeys | None] = field(default=None, repr=False)

    def cleartext_answer(self, user: str) -> PasswordMessage:
        """Answer a request for the password itself."""
        password = self._any_password("a cleartext password", user)
        if is_md5_secret(password):
            raise _wrong_type("a cleartext password", "an md5 secret")
        return PasswordMessage(encode_text(password))

    def md5_answer(self, user: str, salt: bytes) -> PasswordMessage:
        """Answer a request for the password hashed with a salt of 4 bytes."""
        password = self._any_password("an md5 password", user)
        return PasswordMessage(md5_response(password, user, salt))

    def scram_credentials(self, user: str) -> str | ScramKeys:
        """Choose what SCRAM works with: a plain password before keys.

        Keys fit one salt only, a password fits any.
        """
        if self.password is not None and not is_md5_secret(self.password):
            return self.password
        if self.keys is not None:
            return self.keys
        if self.password is not None:
            raise _wrong_type("SCRAM", "an md5 secret")
        raise _unknown(user)

    def _any_password(self, asked: str, user: str) -> str:
        if self.password is not None:
            return self.password
        if self.keys is not None:
            raise _wrong_type(asked, "SCRAM keys")
        raise _unknown(user)


def _wrong_type(asked: str, known: str) -> LoginFailed:
    return LoginFailed(
        "server login failed: wrong password type",
        detail=f"the server asks for {asked}, known is {known}",
    )


def _unknown(user: str) -> LoginFailed:
    return LoginFailed(f'server login failed: no password is known for user "{user}"')
