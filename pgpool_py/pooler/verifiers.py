"""SCRAM verifiers of plain secrets: derived once, for that is slow on purpose."""

import hashlib
from collections import OrderedDict
from typing import Final

from pgwire.scram import ScramSecret, derive, salt_for

from .context import Context

#: Kept beside one for each user of auth_file.
MOST: Final = 1000


class Verifiers:
    """Remembers by digests of what was derived from: no secret is kept here.

    ``mock_key`` is random and makes the salts.
    """

    def __init__(self, context: Context, mock_key: bytes) -> None:
        self._context = context
        self._mock_key = mock_key
        self._known: OrderedDict[bytes, ScramSecret] = OrderedDict()

    def find(self, user: str, secret: str) -> ScramSecret | None:
        """Give what was derived before, None if nothing was."""
        key = self._key(user, secret)
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def derive(self, user: str, secret: str) -> ScramSecret:
        """Derive and remember."""
        iterations = self._context.settings.scram_iterations
        found = derive(secret, salt_for(user, self._mock_key), iterations)
        self._known[self._key(user, secret)] = found
        if len(self._known) > MOST + len(self._context.secrets):
            self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Derive anew."""
        self._known.clear()

    def _key(self, user: str, secret: str) -> bytes:
        iterations = self._context.settings.scram_iterations
        data = "\0".join((user, str(iterations), secret))
        return hashlib.blake2b(
            data.encode("utf-8", "surrogateescape"), key=self._mock_key, digest_size=32
        ).digest()
