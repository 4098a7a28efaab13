"""Every small mistake that cosmic-ray knows for one source file: a JSON object a line, with the whole changed text.

    .venv-mutation/bin/python benchmarks/mutation/mistakes.py FILE

Runs in cosmic-ray's own environment and knows nothing of the project. Left out is what no test of a rule can be asked
to find: a text that Python refuses; a change that touches annotations, type aliases, imports, decorators, the * of a
signature alone, or whether a class is frozen, which is all the type checker's; and identity in place of equality, or
the other way round (`==` and `!=` in place of any other comparison are among the mistakes).
"""

import ast
import difflib
import json
import pickle
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import MutationVisitor

_EQUALITY = ("Eq", "NotEq", "Lt", "LtE", "Gt", "GtE", "In", "NotIn")
_IDENTITY = ("_Is_Eq", "_IsNot_NotEq", *(f"_{other}_{each}" for other in _EQUALITY for each in ("Is", "IsNot")))


def mistakes(source: str) -> Iterator[dict[str, str]]:
    """Each changed text once: the function or class that the change is in, the changed lines, and all of it."""
    seen = {_meaning(source)}
    tree = pickle.dumps(get_ast(source))  # a change is made in place, and reading a tree is quicker than parsing
    for operator, occurrence in _places(source):
        changed = MutationVisitor(occurrence, operator).walk(pickle.loads(tree)).get_code()  # noqa: S301  made above
        meaning = _meaning(changed)
        if meaning is None or meaning in seen:
            continue
        seen.add(meaning)
        lines, first = _changed_lines(source, changed)
        yield {"where": _definition(source, first), "lines": lines, "source": changed}


def _places(source: str) -> Iterator[tuple[object, int]]:
    """Each operator with each number of a place where it can be applied."""
    nodes = list(ast_nodes(get_ast(source)))
    for name in plugins.operator_names():
        operator_class = plugins.get_operator(name)
        if operator_class.arguments() or name.endswith(_IDENTITY):
            continue  # the former would have to be told names of variables
        operator = operator_class()
        for occurrence in range(sum(len(list(operator.mutation_positions(node))) for node in nodes)):
            yield operator, occurrence


class _WithoutTypes(ast.NodeTransformer):
    """The same program without what the type checker alone reads, and without decorators and imports."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
        node.defaults = [*node.defaults, *(each for each in node.kw_defaults if each is not None)]
        node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if isinstance(node.annotation, ast.Name) and node.annotation.id == "TypeAlias":
            return None
        node.annotation = ast.Constant(value=None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns, node.decorator_list = None, []
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []
        node.keywords = [each for each in node.keywords if each.arg not in {"frozen", "kw_only"}]
        return self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        del node


def _meaning(source: str) -> str | None:
    """What a text says, as far as a test could tell; None: Python refuses it."""
    try:
        return ast.dump(_WithoutTypes().visit(ast.parse(source)))
    except SyntaxError:
        return None


def _changed_lines(source: str, changed: str) -> tuple[str, int]:
    """The lines that went and came, with - and +, and the number of the first."""
    before, after = source.splitlines(), changed.splitlines()
    said = [line.rstrip() for line in difflib.unified_diff(before, after, lineterm="", n=0)][2:]
    lines = "\n".join(line for line in said if not line.startswith("@@"))
    first = next((number for number, pair in enumerate(zip(before, after, strict=False), 1) if pair[0] != pair[1]), 1)
    return lines, first


def _definition(source: str, line: int) -> str:
    """The innermost function or class around a line; empty at the top of the module."""
    around = [(first, name) for first, last, name in _definitions(source) if first <= line <= last]
    return max(around)[1] if around else ""


@cache
def _definitions(source: str) -> list[tuple[int, int, str]]:
    kinds = (ast.FunctionDef, ast.ClassDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    return [(node.lineno, node.end_lineno or node.lineno, node.name) for node in nodes]


if __name__ == "__main__":
    for mistake in mistakes(Path(sys.argv[1]).read_text("utf-8")):
        print(json.dumps(mistake))
