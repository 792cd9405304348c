"""The page for people: fixed files, which hold nothing of the pooler.

What it shows it asks for itself, at ``/api/snapshot``; who may read that is decided
there.
"""

import functools
import html
import json
from http import HTTPStatus
from importlib import resources
from types import MappingProxyType
from typing import Final

from pgpool_py.statistics import BOUNDS

from .answer import Answer

#: Paths, and the files that stand there.
FILES: Final = MappingProxyType(
    {
        "/": "index.html",
        "/dashboard/style.css": "style.css",
        "/dashboard/dashboard.js": "dashboard.js",
        "/dashboard/model.js": "model.js",
        "/dashboard/sqlstates.js": "sqlstates.js",
        "/dashboard/view.js": "view.js",
    }
)

_TYPES: Final = MappingProxyType(
    {
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
    }
)

# The page loads its own files, asks its own door, and is in nobody's frame. The icon is
# an empty one, within the page.
_POLICY: Final = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
        "style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
)


def find(path: str, *, asks_token: bool) -> Answer | None:
    """Give what stands at a path, None if that is nothing.

    Args:
        path: as it was asked for, without a query.
        asks_token: whether the page is to ask for a token before it asks for anything.
    """
    name = FILES.get(path)
    if name is None:
        return None
    text = _read(name)
    if name == "index.html":
        bounds = html.escape(json.dumps(BOUNDS))
        text = text.replace("{bounds}", bounds)
        text = text.replace("{asks_token}", "yes" if asks_token else "")
    kind = _TYPES[name.rpartition(".")[2]]
    return Answer(HTTPStatus.OK, text.encode(), kind, _POLICY)


@functools.cache
def _read(name: str) -> str:
    return (resources.files(__package__) / "static" / name).read_text("utf-8")
