"""What the parse tree of a text proves, where its words alone say too much.

The tree is libpg_query's, as JSON: a node that may be of several classes stands under
the name of its class, any other under the name of its field. What is not listed here
proves nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pgwire.classification import Touch

from .catalogue import STABLE_FUNCTIONS
from .containment import FUNCTIONS
from .session_functions import TOUCHING

Fields = Mapping[str, object]
# What a node stands under, and what is in it.
_Node = tuple[str, Fields]

NOTHING: Final = Touch(0)
EVERYTHING: Final = ~NOTHING

_WRITING: Final = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})
_QUERIES: Final = _WRITING | {"SelectStmt"}
# Relations and functions are all by which they touch anything.
_PLAIN: Final = _QUERIES | {"CopyStmt", "CreateStmt", "CreateTableAsStmt", "IndexStmt"}
# What they set is set elsewhere, or at another time.
_SETTING: Final = ("AlterDatabaseSetStmt", "AlterFunctionStmt", "AlterRoleSetStmt")
# What it does to the transaction is not told; beside others it need not be.
_TRANSACTION: Final = "TransactionStmt"
_HARMLESS: Final = frozenset({*_SETTING, _TRANSACTION, "VariableShowStmt"})
# The fields of a definition that say where it is made; the others are not run.
_DEFINING: Final = {
    "CreateFunctionStmt": ("funcname", "parameters", "returnType"),
    "RuleStmt": ("relation",),
}

# What a query may consist of that is self-contained, but for what it calls.
_CLASSES: Final = _QUERIES | frozenset(
    b"A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star BoolExpr BooleanTest "
    b"CaseExpr CaseWhen CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr "
    b"FuncCall GroupingFunc GroupingSet IndexElem JoinExpr List LockingClause "
    b"MergeWhenClause MinMaxExpr MultiAssignRef NamedArgExpr NullTest ParamRef "
    b"RangeFunction RangeSubselect RangeVar ResTarget ReturningOption RowExpr "
    b"SQLValueFunction SetToDefault SortBy String SubLink TypeCast WindowDef"
    b"".decode().split()
)
_FIELDS: Final = frozenset(
    b"alias boolval bsval fval infer ival join_using_alias larg onConflictClause over "
    b"rarg relation returningClause sval typeName withClause".decode().split()
)
# Of functions that have a syntax of their own.
_SYNTAX: Final = "COERCE_SQL_SYNTAX"
_INNER: Final = (dict, list)


@dataclass(frozen=True, slots=True)
class Proof:
    """What is certain of a text.

    Attributes:
        touches: all that it may touch.
        alone: whether it is one statement, or none.
        functions: names of all that it calls, with their schema if one is given.
        self_contained, rerunnable: as in Classification.
    """

    touches: Touch
    alone: bool
    functions: frozenset[str]
    self_contained: bool
    rerunnable: bool


def proof_of(tree: Fields) -> Proof:
    """Say what is certain of a text whose tree this is."""
    statements = [
        (kind, _fields(fields))
        for parsed in _items(tree.get("stmts"))
        for kind, fields in _fields(parsed.get("stmt")).items()
    ]
    touches, nodes = NOTHING, list[_Node]()
    for kind, fields in statements:
        shown = _shown(kind, fields)
        nodes += shown
        touches |= _touches(kind, fields, shown)
    kinds = [kind for kind, _ in statements]
    if kinds == [_TRANSACTION]:
        touches = EVERYTHING
    contained = not touches and len(kinds) == 1 and _QUERIES.issuperset(kinds)
    contained = contained and _is_self_contained(nodes)
    return Proof(
        touches,
        len(kinds) <= 1,
        frozenset(".".join(names) for names, _ in _calls(nodes)),
        contained,
        contained and _is_rerunnable(nodes),
    )


def _shown(kind: str, fields: Fields) -> list[_Node]:
    """Give the nodes of a statement that count."""
    defining = _DEFINING.get(kind)
    if defining is None:
        return list(_nodes({kind: fields}))
    return list(_nodes({name: fields.get(name) for name in defining}))


# Touches


def _touches(kind: str, fields: Fields, nodes: Sequence[_Node]) -> Touch:
    if kind in _HARMLESS:
        return NOTHING
    if kind == "ExplainStmt":
        return _explained(fields)
    if kind in _DEFINING:
        return _touched_by(nodes) & Touch.TEMPORARY
    return _touched_by(nodes) if kind in _PLAIN else EVERYTHING


def _explained(fields: Fields) -> Touch:
    """Say what an EXPLAIN touches: without ANALYZE it runs nothing."""
    options = [_fields(item.get("DefElem")) for item in _items(fields.get("options"))]
    if any(option.get("defname") == "analyze" for option in options):
        return EVERYTHING
    # An EXECUTE names what must be there.
    plans = _QUERIES.issuperset(_fields(fields.get("query")))
    return NOTHING if plans else EVERYTHING


def _touched_by(nodes: Sequence[_Node]) -> Touch:
    touches = NOTHING
    for names, _ in _calls(nodes):
        touches |= _of_call(names)
    for name, fields in nodes:
        if name == "ExecuteStmt":
            return EVERYTHING
        if name == "A_Indirection":
            # What looks like an attribute may be a function: (1).f is f(1).
            for attribute in _strings(fields.get("indirection")):
                touches |= _of_call([attribute])
        temporary = fields.get("relpersistence") == "t"
        if temporary or _is_temporary(fields.get("schemaname")):
            touches |= Touch.TEMPORARY
        names_type = fields.get("names")
        if names_type and any(map(_is_temporary, _strings(names_type))):
            touches |= Touch.TEMPORARY
        updated = _fields(fields.get("relation")) if name == "UpdateStmt" else {}
        if updated.get("relname") == "pg_settings":
            # The rule pg_settings_u calls set_config, of any parameter.
            touches |= Touch.PARAMETERS | Touch.PATH
    return touches


def _of_call(names: Sequence[str]) -> Touch:
    *schemas, name = names
    if name == "set_config":
        return EVERYTHING
    found = TOUCHING.get(name.encode())
    touches = NOTHING if found is None else found.touches
    if any(map(_is_temporary, schemas)):
        touches |= Touch.TEMPORARY
    return touches


def _is_temporary(schema: object) -> bool:
    return isinstance(schema, str) and schema.startswith("pg_temp")


# Containment


def _is_self_contained(nodes: Sequence[_Node]) -> bool:
    return all(_is_known(name, fields) for name, fields in nodes) and _calls_only(
        FUNCTIONS, nodes
    )


def _is_rerunnable(nodes: Sequence[_Node]) -> bool:
    locks_or_writes = _WRITING | {"LockingClause"}
    return not any(name in locks_or_writes for name, _ in nodes) and _calls_only(
        STABLE_FUNCTIONS, nodes
    )


def _is_known(name: str, fields: Fields) -> bool:
    if name[:1].isupper():
        return name in _CLASSES
    # What a field has that may be of several classes, or nothing.
    is_outside = all(key[:1].isupper() for key in fields)
    return is_outside or name in _FIELDS


def _calls_only(allowed: frozenset[bytes], nodes: Sequence[_Node]) -> bool:
    for (*schemas, name), syntax in _calls(nodes):
        if schemas not in ([], ["pg_catalog"]):
            return False
        if name.encode() not in allowed and not (schemas and syntax == _SYNTAX):
            return False
    return True


# Walking


def _calls(nodes: Iterable[_Node]) -> Iterator[tuple[list[str], object]]:
    """Give the names of what is called, and the way in which it is."""
    for _, fields in nodes:
        if "funcname" in fields and (names := _strings(fields["funcname"])):
            yield names, fields.get("funcformat")


def _nodes(tree: object) -> Iterator[_Node]:
    """Give all nodes of a tree, in no order; without recursion, for it may be deep."""
    rest: list[tuple[str, object]] = [("", tree)]
    while rest:
        name, value = rest.pop()
        if isinstance(value, dict):
            yield name, value
            rest += [item for item in value.items() if isinstance(item[1], _INNER)]
        elif isinstance(value, list):
            rest += [(name, item) for item in value]


def _fields(value: object) -> Fields:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> list[Fields]:
    return [_fields(item) for item in value] if isinstance(value, list) else []


def _strings(value: object) -> list[str]:
    found = [_fields(item.get("String")).get("sval") for item in _items(value)]
    return [text for text in found if isinstance(text, str)]
