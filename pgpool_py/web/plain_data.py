"""A tree of frozen data as JSON: fields by their names, as they are."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass


def as_json(value: object) -> bytes:
    """Give the text, in one line."""
    return json.dumps(_plain(value), allow_nan=False).encode()


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    # Of an enum the word; the rest JSON has as it is.
    return str(value) if isinstance(value, str) else value
