"""
What a template may be written with: a small part of Jinja's language, checked when it is loaded.

A list of what is allowed, not of what is forbidden: no calls, no attributes of Python, no
macros, blocks or includes. Loops and joined text are rewritten here so that each pays for
what it does out of the budget of `fettled.notify.sandbox`. A list or dict that holds
variables may only be written out, for kept ones could double themselves line by line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from jinja2 import TemplateSyntaxError, nodes

#: Filters that only the rewriting writes: no name of a user's begins like this.
EACH, JOINED = "_each", "_joined"
#: Filters that make text of a list or dict at once, so nothing keeps it.
_WRITERS = frozenset({"tojson", "join"})

_STATEMENTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.For, nodes.If, nodes.Assign)
_VALUES = (nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem, nodes.Slice)
_SHAPES = (nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Keyword)
_CHOICES = (nodes.CondExpr, nodes.And, nodes.Or, nodes.Not, nodes.Compare, nodes.Operand)
_SUMS = (nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg)
_DOINGS = (nodes.Filter, nodes.Test, nodes.Concat)
ALLOWED: frozenset[type[nodes.Node]] = frozenset(
    (*_STATEMENTS, *_VALUES, *_SHAPES, *_CHOICES, *_SUMS, *_DOINGS)
)
_NAMES = {
    nodes.Call: "a call",
    nodes.Pow: "**",
    nodes.Pos: "a + before a value",
    nodes.AssignBlock: "set with endset",
    nodes.NSRef: "an assignment to part of a value",
    nodes.FilterBlock: "the tag filter",
    nodes.CallBlock: "the tag call",
    nodes.ScopedEvalContextModifier: "the tag autoescape",
    nodes.FromImport: "the tag from",
}


def check(tree: nodes.Template, filters: Collection[str], tests: Collection[str]) -> None:
    """
    Refuse what is not allowed, or not known.

    Raises:
        TemplateSyntaxError: with the line.
    """
    for node in _every(tree):
        _check_one(node, filters, tests)
    _check_shapes(tree, is_written=False)


def rewrite(tree: nodes.Template) -> None:
    """Make loops and joined text pay: each iteration for everything in its body."""
    for node in reversed(list(_every(tree))):  # inner ones first
        for name, value in node.iter_fields():
            if isinstance(value, list):
                value[:] = [_paying(each) for each in value]
            else:
                setattr(node, name, _paying(value))
        if isinstance(node, nodes.For):
            price = nodes.Const(sum(1 for _ in _every(node)), lineno=node.lineno)
            node.iter = _filter(EACH, node.iter, [price])


def _paying(value: Any) -> Any:  # noqa: ANN401 -- whatever a node's field holds
    if isinstance(value, nodes.Concat):
        return _filter(JOINED, value.nodes[0], value.nodes[1:])
    return value


def _filter(name: str, value: Any, args: list[Any]) -> nodes.Filter:  # noqa: ANN401 -- an expression; Jinja says node
    return nodes.Filter(value, name, args, [], None, None, lineno=value.lineno)


def _every(tree: nodes.Node) -> Iterator[nodes.Node]:
    """Give all nodes, without recursion: how deep a source nests is not ours to say."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(node.iter_child_nodes())


def _check_one(node: nodes.Node, filters: Collection[str], tests: Collection[str]) -> None:
    kind = type(node)
    if kind not in ALLOWED:
        word = _NAMES.get(kind, f"the tag {kind.__name__.lower()}")
        _refuse(f"{word} is not allowed here", node)
    if isinstance(node, nodes.Filter):
        if node.node is None or node.name not in filters or node.name.startswith("_"):
            shown = ", ".join(sorted(name for name in filters if not name.startswith("_")))
            _refuse(f"there is no filter {node.name}; there are {shown}", node)
        if node.dyn_args or node.dyn_kwargs:
            _refuse("a filter's arguments are written out, without *", node)
    elif isinstance(node, nodes.Test):
        if node.name not in tests:
            _refuse(f"there is no test {node.name}; there are {', '.join(sorted(tests))}", node)
    elif isinstance(node, nodes.Pair) and isinstance(node.key, _SHAPES):
        _refuse("the key of a dict is text or a number, never a list or dict", node)
    elif isinstance(node, nodes.Name) and node.name == "self":
        _refuse("there is no variable self", node)
    elif isinstance(node, nodes.For) and node.recursive:
        _refuse("recursive loops are not allowed here", node)


def _check_shapes(node: nodes.Node, *, is_written: bool) -> None:
    """Hold lists and dicts of variables to where they are made into text."""
    waiting = [(node, is_written)]
    while waiting:
        one, written = waiting.pop()
        if isinstance(one, (nodes.List, nodes.Tuple, nodes.Dict)) and not written:
            is_target = isinstance(one, nodes.Tuple) and one.ctx == "store"
            if not is_target and any(isinstance(each, nodes.Name) for each in _every(one)):
                _refuse("a list or dict with variables needs | tojson or | join behind it", one)
        passes = isinstance(one, (nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.CondExpr))
        for child in one.iter_child_nodes():
            is_head = isinstance(one, nodes.Filter) and child is one.node
            writes = is_head and isinstance(one, nodes.Filter) and one.name in _WRITERS
            waiting.append((child, writes or (written and passes)))


def _refuse(sentence: str, node: nodes.Node) -> None:
    raise TemplateSyntaxError(sentence, node.lineno or 1)  # some tags have no line
