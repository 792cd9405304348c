"""By which name a door is asked: a page of a stranger may not ask by its own.

A browser sends a page's requests to wherever the page's name leads, and the page's
owner may let it lead to loopback (DNS rebinding). The name is in the header ``Host``
then. A door on loopback is asked by names of loopback alone; one elsewhere goes
by names that nobody here knows, those of services among them, and is guarded by its
token.
"""

from urllib.parse import urlsplit

from pgpool_py.config.loopback import is_loopback


def lets_in(listens_on: str, header: str | None) -> bool:
    """Say whether a request with this header ``Host`` is answered.

    Browsers always send one; who sends none is no page.
    """
    if header is None or not is_loopback(listens_on):
        return True
    try:
        host = urlsplit(f"//{header.strip()}").hostname or ""
    except ValueError:
        return False
    return is_loopback(host) or host == listens_on.lower()
