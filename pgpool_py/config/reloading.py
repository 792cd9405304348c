"""What a reload may change, and what keeps its value until the next start."""

from dataclasses import replace

from pgpool_py.settings import Settings

from .option import Option
from .options import OPTIONS


def merge(old: Settings, new: Settings) -> tuple[Settings, tuple[str, ...]]:
    """Return ``new`` with all that cannot be reloaded as in ``old``, and warnings.

    There is one warning for each setting that keeps its old value against the file.
    """
    kept = {
        name: getattr(old, name)
        for name, option in OPTIONS.items()
        if not option.reloadable and getattr(old, name) != getattr(new, name)
    }
    warnings = tuple(_warning(OPTIONS[name], value) for name, value in kept.items())
    return replace(new, **kept), warnings


def _warning(option: Option, value: object) -> str:
    text = option.kind.show(value)
    stays = f"{text} stays" if text else "it stays empty"
    return f"{option.name} cannot change without a restart: {stays}"
