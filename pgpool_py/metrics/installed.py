"""Whether the extra ``metrics`` is installed."""

from typing import Final

from .rendering import Exposition

INSTALL: Final = "pip install 'pgpool-py[metrics]'"


def find_exposition() -> Exposition | None:
    """Give what renders metrics, None if the extra is not installed."""
    try:
        from .exposition import PrometheusExposition  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return PrometheusExposition()
