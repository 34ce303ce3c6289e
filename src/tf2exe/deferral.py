"""Rewrites a module so that some of its imports wait until what they give is asked for.

A statement ``from place import name`` of the module's top level goes. Who asks the module for the name gets
it from a ``__getattr__`` (PEP 562), which imports it then; a function that uses the name imports it from the
module as its first act. Names that the module itself needs while its code runs are imported as ever.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tf2exe import module_names
from tf2exe.patterns import matches

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    Origins = dict[str, tuple[str, str | None]]
    """For each name its module, and what it is called there; None: it is the module."""

ANSWER = """
def __getattr__({asked}):
    where = {origins}.get({asked})
    if where is not None:
        place = __import__(where[0], None, None, ("__name__",))
        value = globals()[{asked}] = place if where[1] is None else getattr(place, where[1])
        return value
    import sys
    told = f"module {{__name__!r}} has no attribute {{{asked}!r}}"
    raise AttributeError(told, name={asked}, obj=sys.modules[__name__])
"""
LIST = """
def __dir__():
    return list(globals().keys() - {"__getattr__", "__dir__"})
"""


@dataclass(frozen=True)
class Place:
    """Where a module lies.

    Attributes:
        base: the folder of packages.
        name: the module's full name.
        is_package: whether its file is an ``__init__.py``.
    """

    base: Path
    name: str
    is_package: bool

    def absolute(self, statement: ast.ImportFrom) -> str:
        """What a statement of the module imports from."""
        package = self.name if self.is_package else self.name.rpartition(".")[0]
        return module_names.imported_from(statement, package)

    def shares_package(self, module: str) -> bool:
        """Whether both belong to the same top-level package."""
        return module.partition(".")[0] == self.name.partition(".")[0]


def place_of(source: Path, base: Path) -> Place:
    """Where a file of a folder of packages is."""
    parts = source.relative_to(base).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    return Place(base, ".".join(parts[:-1] if is_package else parts), is_package)


def defer(text: bytes, place: Place, patterns: Collection[str]) -> ast.Module | None:
    """The rewritten module.

    Args:
        text: its source.
        place: where it is.
        patterns: the modules whose names wait.

    Returns:
        with the lines of the source; None: nothing in it can wait.
    """
    tree = ast.parse(text)
    origins = _origins(tree, place, patterns)
    modules = {name: module for name, (module, attribute) in origins.items() if attribute is None}
    _ReadLists(place.base, modules).visit(tree)
    imports = [s for s in module_names.top_level(tree.body) if _gives(s, origins)]
    for name in module_names.used_at_once(tree, imports) | module_names.declared_global(tree):
        origins.pop(name, None)
    if not origins:
        return None
    used = module_names.used_in_functions(text)
    for function in module_names.outer_functions(tree):
        _ask_first(function, place.name, used.get((function.name, function.lineno), set()) & origins.keys())
    _leave_out(tree.body, place, origins)
    _answer(tree, origins)
    return ast.fix_missing_locations(tree)


def _origins(tree: ast.Module, place: Place, patterns: Collection[str]) -> Origins:
    """The names that may wait."""
    found: Origins = {}
    for statement in module_names.top_level(tree.body):
        if not isinstance(statement, ast.ImportFrom):
            continue
        module = place.absolute(statement)
        for alias in statement.names:
            name, whole = alias.asname or alias.name, f"{module}.{alias.name}"
            if _is_any(whole, patterns) and module_names.file_of(place.base, whole):
                found[name] = (whole, None)
            elif _is_any(module, patterns) and alias.name != "*":
                whole, found[name] = module, (module, alias.name)
            package, _, own = whole.rpartition(".")
            if name in found and place.is_package and package == place.name:
                found.setdefault(own, (whole, None))  # a package has its modules by their own names, too
    return found


def _is_any(module: str, patterns: Collection[str]) -> bool:
    return any(matches(pattern, module) for pattern in patterns)


def _gives(statement: ast.stmt, names: Collection[str]) -> bool:
    return isinstance(statement, ast.ImportFrom) and any(
        (alias.asname or alias.name) in names for alias in statement.names
    )


class _ReadLists(ast.NodeTransformer):
    """Puts what the `__all__` of a module says in the place of a question for it."""

    def __init__(self, base: Path, modules: dict[str, str]) -> None:
        self._base = base
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        root, *rest = ast.unparse(node).split(".")
        if root not in self._modules or rest[-1:] != ["__all__"]:
            return self.generic_visit(node)
        names = module_names.public(self._base, ".".join([self._modules[root], *rest[:-1]]))
        return node if names is None else ast.copy_location(ast.parse(repr(names), mode="eval").body, node)


def _ask_first(function: module_names.Function, module: str, names: Collection[str]) -> None:
    """A function asks the module for what it uses: somebody may have set it there meanwhile."""
    if names:
        first = 0 if ast.get_docstring(function, clean=False) is None else 1
        asked = ast.ImportFrom(module, [ast.alias(name) for name in sorted(names)], 0)
        function.body.insert(first, ast.copy_location(asked, function))


def _leave_out(body: list[ast.stmt], place: Place, names: Collection[str]) -> None:
    """Takes the names out of the imports; modules of other packages are imported all the same."""
    for position, statement in reversed(list(enumerate(body))):
        if isinstance(statement, ast.If):
            _leave_out(statement.body, place, names)
            _leave_out(statement.orelse, place, names)
        if not isinstance(statement, ast.ImportFrom) or not _gives(statement, names):
            continue
        module = place.absolute(statement)
        text = "pass" if place.shares_package(module) else f"__import__({module!r})"
        statement.names = [alias for alias in statement.names if (alias.asname or alias.name) not in names]
        instead = ast.copy_location(ast.parse(text).body[0], statement)
        body[position : position + 1] = [instead, *([statement] if statement.names else [])]


def _answer(tree: ast.Module, origins: Origins) -> None:
    """Who asks the module for one of the names, or for the list of all, is answered."""
    there = {s.name: s for s in module_names.top_level(tree.body) if isinstance(s, ast.FunctionDef)}
    own = there.get("__getattr__")
    asked = own.args.args[0].arg if own else "name"
    answer = _function(ANSWER.format(asked=asked, origins=origins))
    if own:
        own.body[:0] = answer.body[:2]
    listed = there.get("__dir__") or _function(LIST)
    _ListMore(tuple(origins)).visit(listed)
    first = 0
    while first < len(tree.body) and _comes_first(tree.body[first]):
        first += 1
    tree.body[first:first] = [new for new in (answer, listed) if new.name not in there]


def _function(text: str) -> ast.FunctionDef:
    (function,) = ast.parse(text).body
    if not isinstance(function, ast.FunctionDef):
        raise TypeError(text)
    return function


class _ListMore(ast.NodeTransformer):
    """Has a function find more names in `globals()`."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if not (isinstance(node.func, ast.Name) and node.func.id == "globals"):
            return self.generic_visit(node)
        more = ast.parse(f"{{**globals(), **dict.fromkeys({self._names})}}", mode="eval").body
        return ast.copy_location(more, node)


def _comes_first(statement: ast.stmt) -> bool:
    """Whether it is the docstring, or something else that nothing may stand before."""
    if isinstance(statement, ast.ImportFrom):
        return statement.module == "__future__"
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
