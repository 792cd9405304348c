"""The form in which PostgreSQL and poolers store a SCRAM password."""

import base64
import hashlib
import hmac

ITERATIONS = 4096


def secret(password: str, salt: bytes) -> str:
    """Return `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`.

    The keys are those of RFC 5802 section 3, the form that of pg_authid's column
    rolpassword. The password must be ASCII, for which SASLprep changes nothing.
    """
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored_key = hashlib.sha256(client_key).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{text(salt)}${text(stored_key)}:" + text(
        server_key
    )


def text(data: bytes) -> str:
    """Return `data` in base64, in which all parts of a secret are written."""
    return base64.b64encode(data).decode()
