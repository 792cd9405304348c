"""auth_hba_file and auth_ident_file to the policy by which clients are let in.

Only ``auth_type = hba`` reads them, as in PgBouncer. Unlike there, a line that cannot
be used is a fault of the configuration: nobody is let in by the rest of such a file.
"""

from collections.abc import Mapping
from typing import Final

from pgpool_py.auth.hba import Hba, read_hba
from pgpool_py.auth.hba_options import ClientCert
from pgpool_py.auth.ident import Ident, read_ident
from pgpool_py.auth.record_file import BrokenRecord
from pgpool_py.auth.rules import Policy
from pgpool_py.auth.secrets import Secret, SecretKind, usual_kind
from pgpool_py.net.interfaces import interfaces
from pgpool_py.settings import AuthType, Settings, SslMode

from .disk import Disk
from .faults import Fault

#: What a policy depends on, besides the content of files.
POLICY_SETTINGS: Final = (
    "auth_type",
    "auth_file",
    "auth_user",
    "auth_hba_file",
    "auth_ident_file",
    "client_tls_sslmode",
)
_ASKS_FOR_CERTIFICATES: Final = frozenset({SslMode.VERIFY_CA, SslMode.VERIFY_FULL})


def read_policy(
    settings: Settings, secrets: Mapping[str, Secret]
) -> tuple[Policy, tuple[Fault, ...]]:
    """Return who must prove what, and what is wrong with the files that say so."""
    # What is looked up is what PostgreSQL has stored.
    looks_up = looks_secrets_up(settings)
    unknown = SecretKind.SCRAM if looks_up else usual_kind(secrets.values())
    kinds = {secret.kind for secret in secrets.values()}
    derives = looks_up or SecretKind.SCRAM in kinds
    if settings.auth_type is not AuthType.HBA:
        return Policy(settings.auth_type, unknown=unknown, derives=derives), ()
    if settings.auth_hba_file:
        hba = read_hba(settings.auth_hba_file, Disk(), interfaces())
    else:
        # Its setting is at fault, see `contradiction`.
        hba = Hba((), ())
    ident = Ident()
    if settings.auth_ident_file:
        ident = read_ident(settings.auth_ident_file, Disk())
    faults = tuple(map(_fault, (*hba.broken, *ident.broken)))
    policy = Policy(settings.auth_type, hba.rules, ident, unknown, derives)
    return policy, faults


def looks_secrets_up(settings: Settings) -> bool:
    """Return whether secrets of some users are asked for in PostgreSQL."""
    databases = settings.databases.values()
    return bool(settings.auth_user) or any(d.auth_user for d in databases)


def contradiction(settings: Settings) -> str | None:
    """Return what ``auth_type`` needs and the other settings do not give."""
    if settings.auth_type is AuthType.HBA and not settings.auth_hba_file:
        return "auth_type is hba and auth_hba_file is not set"
    mode = settings.client_tls_sslmode
    if settings.auth_type is AuthType.CERT and mode is not SslMode.VERIFY_FULL:
        return (
            "auth_type is cert, which needs client_tls_sslmode = verify-full and "
            f"client_tls_ca_file; client_tls_sslmode is {mode}"
        )
    return None


def certificates_never_asked_for(settings: Settings, policy: Policy) -> str | None:
    """Return a warning if rules want what no client is asked for."""
    wanted = any(r.options.client_cert is not ClientCert.NONE for r in policy.rules)
    if not wanted or settings.client_tls_sslmode in _ASKS_FOR_CERTIFICATES:
        return None
    return (
        "auth_hba_file has lines that need a client's certificate, and "
        f"client_tls_sslmode is {settings.client_tls_sslmode}, which asks for none: "
        "they let nobody in"
    )


def _fault(broken: BrokenRecord) -> Fault:
    return Fault(broken.file, broken.line, broken.text)
