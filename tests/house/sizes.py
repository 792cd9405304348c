"""Small things: how long a file and a function may be, and what each must say."""

import ast
from collections.abc import Iterator

from .source import Source

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40

#: On the line of `def`, with the reason why the function is not shorter.
EXCUSE = "long: "


def faults(source: Source) -> list[str]:
    """Return what is too long or says nothing of itself, as "module:line: what"."""
    found = []
    lines = len(source.text.splitlines())
    if lines > MAX_FILE_LINES:
        found.append(f"1: the file has {lines} lines, {MAX_FILE_LINES} are allowed")
    # An empty __init__.py has nothing to say.
    if lines and not (ast.get_docstring(source.tree) or "").strip():
        found.append("1: the module does not say in a docstring what it is for")
    found += _long_functions(source)
    return [f"{source.name}:{fault}" for fault in found]


def hidden_imports(source: Source) -> list[str]:
    """Return the uses of TYPE_CHECKING, which hides an import from the floors."""
    return [
        f"{source.name}:{node.lineno}: TYPE_CHECKING hides imports"
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING")
        or (isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING")
        or (isinstance(node, ast.alias) and node.name == "TYPE_CHECKING")
    ]


def _long_functions(source: Source) -> Iterator[str]:
    text = source.text.splitlines()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _length(node)
            excused = EXCUSE in text[node.lineno - 1]
            if length > MAX_FUNCTION_LINES and not excused:
                yield (
                    f"{node.lineno}: {node.name} has {length} lines without its "
                    f"docstring, {MAX_FUNCTION_LINES} are allowed"
                )


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    last = node.end_lineno or node.lineno
    length = last - node.lineno + 1
    if ast.get_docstring(node, clean=False) is not None:
        docstring = node.body[0]
        length -= (docstring.end_lineno or 0) - docstring.lineno + 1
    return length
