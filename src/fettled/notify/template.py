"""
Bodies of webhooks from templates: read once, tried on a sample, then rendered in bounds.

A template that is wrong is refused when it is loaded, with its line. One that fails on an
event is a value, `Tried("template", ...)`, and so is one with nothing to say: that is
delivered without being sent. Jinja is loaded with this file: import it late.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import orjson
from jinja2 import Template, TemplateError, TemplateSyntaxError, meta, nodes

from fettled.core.deliveries import DELIVERED, Tried
from fettled.notify.body import MOST_BYTES, Render
from fettled.notify.said import MEASURES, said
from fettled.notify.sample import SAMPLES
from fettled.notify.sandbox import Sandbox, TooMuchError, with_budget
from fettled.ports.notify import Telling

LONGEST_SOURCE = 16_384
SILENT = Tried(DELIVERED, "nothing was sent: the template has nothing to say of this event")
_FILE = "<template>"
#: Variables that have the same fields in every event.
_FIXED = frozenset({"event", "ticket", "notice"})


def make_render(
    source: str, *, media_type: str = "application/json", values: Mapping[str, str] | None = None
) -> Render:
    """
    Read a template, and try it.

    Args:
        source: in the language of docs/reference/webhook.md.
        media_type: a JSON one has every body checked as JSON.
        values: what the template finds as `values`; secrets perhaps.

    Raises:
        ValueError: it is wrong; says where.
    """
    if len(source) > LONGEST_SOURCE:
        msg = f"is longer than {LONGEST_SOURCE} characters"
        raise ValueError(msg)
    made = _Rendering(_compile(source), _is_json(media_type), dict(values or {}))
    for telling in SAMPLES:
        tried = made(telling)
        if isinstance(tried, Tried) and not tried.is_delivered:
            msg = f"fails on a sample of {telling.newest.event}: {tried.detail}"
            raise ValueError(msg)
    return made


@dataclass(frozen=True, slots=True)
class _Rendering:
    template: Template
    is_json: bool
    values: Mapping[str, str] = field(repr=False)

    def __call__(self, telling: Telling) -> bytes | Tried:
        """Render, with less and less of what is long until it is short enough."""
        tried = Tried("template", f"the body is longer than {MOST_BYTES} bytes, even when cut")
        for measure in MEASURES:
            try:
                text = self._text(with_budget(said(telling, self.values, measure)))
            except TooMuchError as error:
                tried = Tried("template", _words(error))
                continue
            except Exception as error:  # noqa: BLE001 -- whatever a template does is a value
                return Tried("template", _words(error))
            if text is not None:
                return self._checked(text)
        return tried

    def _text(self, values: dict[str, Any]) -> str | None:
        """Render; None as soon as it is too long."""
        pieces, length = [], 0
        for piece in self.template.generate(values):
            pieces.append(piece)
            length += len(piece.encode())
            if length > MOST_BYTES:
                return None
        return "".join(pieces)

    def _checked(self, text: str) -> bytes | Tried:
        if not text.strip():
            return SILENT
        if self.is_json:
            try:
                orjson.loads(text)
            except ValueError as error:
                return Tried("template", f"the body is not JSON: {_where(error)}")
        return text.encode()


def _compile(source: str) -> Template:
    sandbox = Sandbox()
    try:
        _check_names(source, sandbox)
        with warnings.catch_warnings():
            # What Python thinks of `{{ true[1] }}` names lines that nobody has written.
            warnings.simplefilter("ignore", SyntaxWarning)
            return sandbox.from_string(source)
    except TemplateSyntaxError as error:
        msg = f"line {error.lineno}: {error.message}"
        raise ValueError(msg) from None
    except (SyntaxError, RecursionError, MemoryError, OverflowError):
        # SyntaxError: Python's own limit of loops inside loops.
        msg = "is nested too deeply"
        raise ValueError(msg) from None
    except ValueError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever Python says of a constant is the template's fault
        # Jinja reckons with what is constant, and lets out what Python says to that.
        msg = f"has a constant that cannot be worked out ({type(error).__name__})"
        raise ValueError(msg) from None


def _check_names(source: str, sandbox: Sandbox) -> None:
    """Refuse names that no event has: what they give would be silence at 3 a.m."""
    known = said(SAMPLES[0], {}, MEASURES[0])
    tree = sandbox.parse(source)
    own = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"}
    unknown = sorted(meta.find_undeclared_variables(tree) - known.keys() - own)
    if unknown:
        msg = f"there is no variable {unknown[0]}; there are {', '.join(sorted(known))}"
        raise ValueError(msg)
    for node in tree.find_all(nodes.Getattr):
        if not isinstance(node.node, nodes.Name) or node.node.name in own:
            continue
        fields = known.get(node.node.name)
        if node.node.name in _FIXED and isinstance(fields, dict) and node.attr not in fields:
            near = difflib.get_close_matches(node.attr, fields, 1)
            cure = f"did you mean {near[0]}?" if near else "see docs/reference/webhook.md"
            msg = f"{node.node.name} has no {node.attr}; {cure}"
            raise TemplateSyntaxError(msg, node.lineno)


def _is_json(media_type: str) -> bool:
    kind = media_type.partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def _words(error: Exception) -> str:
    """Say what failed and where, without a word that could be a secret."""
    what = str(error.message) if isinstance(error, TemplateError) else type(error).__name__
    line = _line(error.__traceback__)
    return f"line {line}: {what}" if line else what


def _line(trace: TracebackType | None) -> int | None:
    found = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in {_FILE, "<unknown>"}:
            found = trace.tb_lineno
        trace = trace.tb_next
    return found


def _where(error: ValueError) -> str:
    line, column = getattr(error, "lineno", 0), getattr(error, "colno", 0)
    return f"line {line}, column {column} of it; write values with | tojson"
