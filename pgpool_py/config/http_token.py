"""What a scrape must show: the token of ``http_token`` or ``http_token_file``."""

from pgpool_py.settings import Settings

from .ini import read_text, reason
from .loopback import is_loopback


class TokenError(Exception):
    """There is no usable token where the settings say; the text names the setting."""

    def __init__(self, setting: str, text: str) -> None:
        super().__init__(f"{setting}: {text}")
        self.setting = setting


def read_token(settings: Settings) -> str:
    """Return the token, empty for none; the file's is its first line.

    Raises TokenError.
    """
    path = settings.http_token_file
    if not path:
        return settings.http_token
    if settings.http_token:
        raise TokenError("http_token_file", "http_token is set as well: remove one")
    try:
        token = read_text(path).partition("\n")[0].strip()
    except OSError as error:
        why = f"{path} cannot be read: {reason(error)}"
        raise TokenError("http_token_file", why) from None
    if not token:
        raise TokenError(
            "http_token_file", f"{path} is empty: no token would be needed"
        )
    return token


def unguarded(settings: Settings) -> str | None:
    """Return a warning if whoever reaches this machine may read, None if not."""
    where = settings.http_listen
    if where is None or is_loopback(where.host):
        return None
    if settings.http_token or settings.http_token_file:
        return None
    return (
        f"http_listen: {where} is not loopback, and without http_token whoever reaches "
        "it reads names of databases and users"
    )
