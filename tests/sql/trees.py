"""What pglast's trees show, walked apart from how the pooler walks them."""

from typing import Any, Final

from pglast import ast, parse_sql
from pglast.enums import CoercionForm, DiscardMode, OnCommitAction
from pglast.parser import ParseError
from pglast.visitors import Ancestor, Skip, Visitor

from pgpool_py.sql.catalogue import STABLE_FUNCTIONS
from pgpool_py.sql.session_functions import TOUCHING

Trees = tuple[ast.RawStmt, ...]

#: CURSOR_OPT_HOLD in PostgreSQL's parsenodes.h.
_HOLD: Final = 0x20


def trees_of(text: bytes) -> Trees | None:
    """Give a tree for each statement of a text, None if it is no SQL."""
    try:
        return tuple(parse_sql(text.decode()))
    except (ParseError, UnicodeDecodeError, RecursionError):
        return None


def harm_in(trees: Trees) -> set[str]:
    """Give what touches the session, by the names of nodes and functions."""
    harm = _Harm()
    harm(trees)
    return harm.found


def is_rerunnable(trees: Trees) -> bool:
    """Say whether it is one query that reads, and calls what may be called twice."""
    if [type(raw.stmt) for raw in trees] != [ast.SelectStmt]:
        return False
    reading = _Reading()
    reading(trees)
    return reading.only


def _names(values: Any) -> list[str]:
    strings = [value for value in values or () if isinstance(value, ast.String)]
    return [string.sval or "" for string in strings]


class _Harm(Visitor):
    """Looks for what touches the session, in all that is run."""

    def __init__(self) -> None:
        self.found: set[str] = set()

    def visit(self, ancestors: Ancestor, node: ast.Node) -> None:
        """Any other statement is known by its class."""
        del ancestors
        harmful = (
            *(ast.ListenStmt, ast.UnlistenStmt, ast.NotifyStmt, ast.LoadStmt),
            *(ast.PrepareStmt, ast.ExecuteStmt, ast.DeallocateStmt),
            *(ast.DoStmt, ast.CallStmt, ast.ImportForeignSchemaStmt),
        )
        if isinstance(node, harmful):
            self.found.add(type(node).__name__)

    def visit_FuncCall(self, ancestors: Ancestor, node: ast.FuncCall) -> None:  # noqa: N802 - pglast's
        del ancestors
        *schemas, name = _names(node.funcname)
        if name.encode() in TOUCHING:
            self.found.add(name)
        if name == "set_config" and not self._is_local(node):
            self.found.add(name)
        if any(schema.startswith("pg_temp") for schema in schemas):
            self.found.add("pg_temp")

    def _is_local(self, node: ast.FuncCall) -> bool:
        last = (node.args or (None,))[-1]
        value = getattr(last, "val", None)
        return isinstance(value, ast.Boolean) and bool(value.boolval)

    def visit_RangeVar(self, ancestors: Ancestor, node: ast.RangeVar) -> None:  # noqa: N802 - pglast's
        made = ancestors.find_nearest(ast.CreateStmt)
        into = ancestors.find_nearest(ast.IntoClause)
        on_commit = getattr(getattr(made, "node", None), "oncommit", None)
        on_commit = getattr(getattr(into, "node", None), "onCommit", on_commit)
        stays = on_commit is not OnCommitAction.ONCOMMIT_DROP
        if (node.relpersistence == "t" and stays) or (
            node.schemaname and node.schemaname.startswith("pg_temp")
        ):
            self.found.add("temporary")

    def visit_UpdateStmt(self, ancestors: Ancestor, node: ast.UpdateStmt) -> None:  # noqa: N802 - pglast's
        del ancestors
        if node.relation is not None and node.relation.relname == "pg_settings":
            self.found.add("pg_settings")

    def visit_VariableSetStmt(  # noqa: N802 - pglast's
        self, ancestors: Ancestor, node: ast.VariableSetStmt
    ) -> None:
        del ancestors
        of_transaction = (node.name or "").lower().startswith("transaction")
        if not node.is_local and not of_transaction:
            self.found.add("SET")

    def visit_DiscardStmt(self, ancestors: Ancestor, node: ast.DiscardStmt) -> None:  # noqa: N802 - pglast's
        del ancestors
        if node.target is DiscardMode.DISCARD_ALL:
            self.found.add("DISCARD")

    def visit_DeclareCursorStmt(  # noqa: N802 - pglast's
        self, ancestors: Ancestor, node: ast.DeclareCursorStmt
    ) -> None:
        del ancestors
        if (node.options or 0) & _HOLD:
            self.found.add("WITH HOLD")

    def _defined(self, ancestors: Ancestor, node: ast.Node) -> type[Skip]:
        del ancestors
        names = _names(getattr(node, "funcname", ()))
        if len(names) > 1 and names[-2].startswith("pg_temp"):
            self.found.add("temporary")
        return Skip

    visit_CreateFunctionStmt = _defined  # noqa: N815 - pglast's
    visit_RuleStmt = _defined  # noqa: N815 - pglast's
    visit_AlterRoleSetStmt = _defined  # noqa: N815 - pglast's
    visit_AlterDatabaseSetStmt = _defined  # noqa: N815 - pglast's
    visit_AlterSystemStmt = _defined  # noqa: N815 - pglast's
    visit_AlterFunctionStmt = _defined  # noqa: N815 - pglast's
    visit_CreateDomainStmt = _defined  # noqa: N815 - pglast's
    visit_CreatePolicyStmt = _defined  # noqa: N815 - pglast's

    def visit_ViewStmt(self, ancestors: Ancestor, node: ast.ViewStmt) -> type[Skip]:  # noqa: N802 - pglast's
        if node.view is not None:
            self.visit_RangeVar(ancestors, node.view)
        return Skip

    def visit_ExplainStmt(  # noqa: N802 - pglast's
        self, ancestors: Ancestor, node: ast.ExplainStmt
    ) -> type[Skip] | None:
        del ancestors
        options = [option.defname for option in node.options or ()]
        return None if "analyze" in options else Skip


class _Reading(Visitor):
    """Looks for anything that is not to be done twice."""

    def __init__(self) -> None:
        self.only = True

    def visit(self, ancestors: Ancestor, node: ast.Node) -> None:
        """Writing, locking, making tables, sampling."""
        del ancestors
        other = (
            *(ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt, ast.MergeStmt),
            *(ast.LockingClause, ast.IntoClause, ast.RangeTableSample),
        )
        if isinstance(node, other):
            self.only = False

    def visit_FuncCall(self, ancestors: Ancestor, node: ast.FuncCall) -> None:  # noqa: N802 - pglast's
        del ancestors
        *schemas, name = _names(node.funcname)
        if schemas not in ([], ["pg_catalog"]):
            self.only = False
        if schemas and node.funcformat is CoercionForm.COERCE_SQL_SYNTAX:
            return
        # What ESCAPE is read as.
        escape = name in {"like_escape", "similar_to_escape"} and bool(schemas)
        if name.encode() not in STABLE_FUNCTIONS and not escape:
            self.only = False
