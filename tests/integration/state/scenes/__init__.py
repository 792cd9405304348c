"""Scenes, by what they are about; each function of a file is one."""

import inspect
from types import ModuleType

from tests.integration.state.scene import Scene


def scenes_of(*modules: ModuleType) -> list[Scene]:
    """Return the scenes of these files, in their order."""
    return [
        found
        for module in modules
        for name, found in vars(module).items()
        if inspect.isfunction(found)
        if found.__module__ == module.__name__ and not name.startswith("_")
    ]
