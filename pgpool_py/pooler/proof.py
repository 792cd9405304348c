"""How one client proves who it is: refused, let in unasked, or by its secret.

    begin ──► refused by a rule
          ├─► in auth_file ──────────────────────────────► authentication
          └─► not there ──► auth_query, where there is one ──► authentication

An unknown user gets an authentication as well, one that it cannot pass.

A reload may change a secret of auth_file, or where others are looked up. What was found
by the old one is then used no more: it is found out anew, or the login is refused if
the client has been asked for it already.
"""

from collections.abc import Callable
from typing import TypeAlias

from pgpool_py import errors
from pgpool_py.auth.hba import Visit
from pgpool_py.auth.secrets import SecretKind
from pgpool_py.client.door import AtDoor
from pgpool_py.errors import PoolerError
from pgwire.client_login import ClientLogin
from pgwire.server_secret import ServerSecret

from .admission import Admission
from .context import Context
from .inquiries import Source, source_of
from .inquiry import Found

Then: TypeAlias = Callable[[ClientLogin | PoolerError], None]


class Unasked:
    """For a client of whom it is known who it is; see door.Proof."""

    def __init__(self, login: ClientLogin) -> None:
        self._login = login

    def begin(self, then: Then) -> None:
        """Say yes; see door.Proof."""
        then(self._login)

    def drop(self) -> None:
        """Nothing goes on; see door.Proof."""

    def renew(self) -> None:
        """Nothing that is read says otherwise; see door.Proof."""


class Proof:
    """See the module's text and door.Proof."""

    __slots__ = (
        "_admission",
        "_arrival",
        "_basis",
        "_context",
        "_leave",
        "_login",
        "_looked_up",
        "_then",
        "_visit",
    )

    def __init__(
        self, context: Context, admission: Admission, arrival: AtDoor, visit: Visit
    ) -> None:
        self._context = context
        self._admission = admission
        self._arrival = arrival
        self._visit = visit
        self._basis: str | Source | None = None
        self._then: Then | None = None
        self._leave: Callable[[], None] | None = None
        self._looked_up: str | None = None
        self._login: ClientLogin | None = None

    def begin(self, then: Then) -> None:
        """Decide, and look the secret up; see door.Proof."""
        self._then = then
        visitor = self._admission.visitor(self._arrival, self._visit)
        basis = self._basis = self._find_basis()
        if not isinstance(basis, Source):
            self._admission.make(self._arrival, visitor, basis, self._end)
            return
        refusal = self._admission.refusal(visitor)
        if refusal is not None:
            self._end(refusal)
        elif self._admission.ignores_secrets(visitor):
            self._admission.make(self._arrival, visitor, None, self._end)
        else:
            ask = self._admission.inquiries.ask
            leave = ask(basis, self._visit.user, self._on_found)
            if self._then is not None:
                self._leave = leave

    def _find_basis(self) -> str | Source | None:
        """Give the secret of auth_file, or where it is looked up; None if nowhere."""
        secret = self._context.secrets.get(self._visit.user)
        if secret is not None:
            return secret
        return source_of(self._context.settings, self._visit.database)

    def _on_found(self, outcome: Found | PoolerError) -> None:
        self._leave = None
        if isinstance(outcome, Found):
            self._looked_up = outcome.secret
            # A reload may have changed the rules meanwhile.
            visitor = self._admission.visitor(self._arrival, self._visit)
            self._admission.make(self._arrival, visitor, outcome.secret, self._end)
        else:
            self._end(outcome)

    def _end(self, outcome: ClientLogin | PoolerError) -> None:
        then, self._then = self._then, None
        if isinstance(outcome, ClientLogin):
            self._login = outcome
        if then is not None:
            then(outcome)

    def drop(self) -> None:
        """Look nothing up any more; see door.Proof."""
        self._then = None
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()

    def renew(self) -> PoolerError | None:
        """Use nothing that was found by what counts no longer; see door.Proof."""
        if self._find_basis() == self._basis:
            return None
        then = self._then
        if then is None:
            return errors.database_reconfigured(self._visit.database)
        self.drop()
        self._admission.pace.leave(self._arrival)
        self.begin(then)
        return None

    @property
    def credentials(self) -> ServerSecret | None:
        """What opens a server to the client's own user, as far as it has shown that.

        A password that it gave, or that was looked up; the keys of a SCRAM exchange
        with the secret that the server has too. None if nothing was shown.
        """
        if self._login is None:
            return None
        if self._login.password is not None:
            return ServerSecret(password=self._login.password)
        if self._looked_up and not self._is_scram(self._looked_up):
            return ServerSecret(password=self._looked_up)
        stored = self._looked_up or self._context.secrets.get(self._visit.user)
        if self._login.keys is not None and stored and self._is_scram(stored):
            return ServerSecret(keys=self._login.keys)
        return None

    def _is_scram(self, secret: str) -> bool:
        known = self._admission.recognition.of(self._visit.user, secret)
        return known.kind is SecretKind.SCRAM
