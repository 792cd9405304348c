"""What stored secrets are: those of auth_file are looked at once, others each time."""

from dataclasses import dataclass, field

from pgpool_py.auth.secrets import Secret, SecretKind
from pgwire.scram import ScramSecret

from .context import Context


@dataclass(frozen=True, slots=True)
class Recognised:
    """A stored secret that is not empty.

    Attributes:
        kind: what it is.
        secret: itself; a SCRAM secret taken apart.
    """

    kind: SecretKind
    secret: str | ScramSecret = field(repr=False)


class Recognition:
    """See the module's text."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[str, Recognised] = {}

    def of(self, user: str, text: str) -> Recognised:
        """Say what a user's secret is."""
        found = self._known.get(text)
        if found is None:
            found = _recognised(text)
            if self._context.secrets.get(user) == text:
                self._known[text] = found
        return found

    def forget(self) -> None:
        """Look anew: the secrets were read again."""
        self._known.clear()


def _recognised(text: str) -> Recognised:
    kind = Secret.from_text(text).kind
    if kind is SecretKind.SCRAM:
        try:
            return Recognised(kind, ScramSecret.parse(text))
        except ValueError:
            # It fits nobody, which is found out like a wrong password.
            return Recognised(kind, text)
    return Recognised(kind, text)
