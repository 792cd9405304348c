"""One source file as the rules see it: its name, its imports, its functions."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One imported module: `from .x import y` in package p is p.x, or p.x.y."""

    line: int
    target: str
    #: The name taken from `target`, which may be a module of its own.
    name: str | None
    relative: bool


@dataclass(frozen=True)
class Source:
    """A module by its dotted name, with its text."""

    name: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text)

    @property
    def package(self) -> str:
        """The package that relative imports of this module start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def imports(self) -> list[Import]:
        """Every import, wherever it stands: also inside functions and conditions."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [
                    Import(node.lineno, alias.name, None, relative=False)
                    for alias in node.names
                ]
            elif isinstance(node, ast.ImportFrom):
                target = self._absolute(node)
                found += [
                    Import(node.lineno, target, alias.name, relative=node.level > 0)
                    for alias in node.names
                ]
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        parts = parts[: len(parts) - (node.level - 1)]
        return ".".join([*parts, *([node.module] if node.module else [])])


def read(root: Path, prefix: str, folder: Path) -> list[Source]:
    """Return every module below `folder`, which is imported as `prefix`."""
    sources = []
    for path in sorted((root / folder).rglob("*.py")):
        parts = [prefix, *path.relative_to(root / folder).with_suffix("").parts]
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        sources.append(Source(name, path.read_text(encoding="utf-8"), is_package))
    return sources
