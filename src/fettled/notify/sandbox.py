"""
Where templates run: Jinja's sandbox, made smaller, with a budget for what one rendering does.

Rendering is one stretch of the event loop, so it is bounded by counting, not by a clock:
each iteration and each filter pays, text has a longest length, numbers a largest value.
What may be written at all is `fettled.notify.grammar`'s; the filters are `filters`'.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jinja2 import ChainableUndefined, nodes, pass_context
from jinja2.exceptions import TemplateRuntimeError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from fettled.notify import grammar
from fettled.notify.filters import FILTERS

#: What one rendering may do: about one for each step, and one for each 16 characters.
MOST_STEPS = 20_000
#: Characters of any text on its way, and units of what a filter is given.
LONGEST = 20_000
_LARGEST = 10**15
#: A name that no template can write.
_BUDGET = "\0budget"
_LOOP = frozenset({"index", "index0", "revindex", "first", "last", "length"})
_TESTS = ("defined", "none", "string", "number", "boolean", "mapping", "sequence")


class TooMuchError(TemplateRuntimeError):
    """The template does more than it may."""


class Budget:
    """What one rendering may still do."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def pay(self, steps: int) -> None:
        """Spend, or end the rendering."""
        self._left -= steps
        if self._left < 0:
            msg = "it does too much: loop over less"
            raise TooMuchError(msg)


class Missing(ChainableUndefined):
    """
    What is not there: empty text, and `null` in JSON.

    Forgiving, for which data an event has depends on the event, and a page that says less is
    better than none. Names that no event has are refused when the template is loaded.
    """

    def __bool__(self) -> bool:
        return False


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment without globals, calls, loaders, or attributes of Python."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%"})

    def __init__(self) -> None:
        super().__init__(
            undefined=Missing,
            autoescape=False,
            finalize=_written,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
            cache_size=0,
        )
        self.globals.clear()
        self.filters = {name: _paid(each) for name, each in FILTERS.items()}
        self.filters |= {grammar.EACH: _each, grammar.JOINED: _joined}
        self.tests = {name: TESTS[name] for name in _TESTS}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        grammar.check(tree, self.filters, self.tests)
        grammar.rewrite(tree)
        tree.set_environment(self)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 -- Jinja's signature
        """Give what a dict has under a name, and nothing of Python's."""
        if isinstance(obj, LoopContext):
            return getattr(obj, attribute) if attribute in _LOOP else self.undefined(name=attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 -- as above
        """Give an item of a dict or list."""
        if isinstance(obj, Undefined):
            return obj
        if isinstance(obj, Mapping) and isinstance(argument, str):
            return obj.get(argument, self.undefined(name=argument))
        if isinstance(obj, (list, tuple, str)) and isinstance(argument, int):
            return obj[argument] if -len(obj) <= argument < len(obj) else self.undefined(name="[]")
        return self.undefined(name=str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401, ARG002 -- as above
        """Reckon with numbers; add text to text."""
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return _short(left + right)
        for each in (left, right):
            if not isinstance(each, (int, float)) or abs(each) > _LARGEST:
                msg = f"{operator} takes numbers up to {_LARGEST:g}"
                raise TooMuchError(msg)
        return self.binop_table[operator](left, right)


def with_budget(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give *values* with a fresh budget."""
    return {**values, _BUDGET: Budget()}


def weight(value: object) -> int:
    """
    Say how much there is of a value: its characters and items, inner ones too.

    Raises:
        TooMuchError: it is more than `LONGEST`.
    """
    total, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        total += 1
        if isinstance(one, str):
            total += len(one)
        elif isinstance(one, Mapping):
            waiting.extend(one.keys())
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple)):
            waiting.extend(one)
        if total > 2 * LONGEST:
            msg = f"a value is longer than {LONGEST} characters"
            raise TooMuchError(msg)
    return total


def _paid(work: Callable[..., Any]) -> Callable[..., Any]:
    """Make a filter pay for what it is given."""

    @pass_context
    def run(context: Context, *args: Any, **named: Any) -> Any:  # noqa: ANN401 -- any filter's
        units = sum(map(weight, args)) + sum(map(weight, named.values()))
        context[_BUDGET].pay(1 + units // 16)
        found = work(*args, **named)
        return _short(found) if isinstance(found, str) else found

    return run


@pass_context
def _each(context: Context, value: Any, price: int) -> Iterator[Any]:  # noqa: ANN401 -- any value
    if isinstance(value, Undefined) or value is None:
        return
    for each in value:
        context[_BUDGET].pay(price)
        yield each


@pass_context
def _joined(context: Context, *parts: Any) -> str:  # noqa: ANN401 -- any values
    context[_BUDGET].pay(len(parts))
    return _short("".join(str(_written(each)) for each in parts))


def _short(text: str) -> str:
    if len(text) > LONGEST:
        msg = f"a text is longer than {LONGEST} characters"
        raise TooMuchError(msg)
    return text


def _written(value: Any) -> Any:  # noqa: ANN401 -- any value
    """Write a value as text: nothing as nothing, and Python's spelling nowhere."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list, tuple)):
        msg = "a list or dict needs | tojson or | join behind it"
        raise TemplateRuntimeError(msg)
    return value
