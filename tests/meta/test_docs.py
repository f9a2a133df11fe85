"""The reference tells of everything there is, and of nothing that is not."""

from __future__ import annotations

import re

import pytest

import surface
from source_tree import REFERENCE, ROOT, markdown_files, reference_text

CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
WORD = re.compile(r"[A-Za-z0-9_]+")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def in_code(text: str) -> str:
    """Give what stands in backticks and code blocks: where a name is a name."""
    outside = FENCED.sub("", text)
    return "\n".join([*FENCED.findall(text), *CODE.findall(outside)])


@pytest.fixture(scope="module")
def told() -> str:
    """Read what docs/reference says in code."""
    return in_code(reference_text())


def test_every_option_is_in_the_reference(told: str) -> None:
    """Every key of the configuration's schema stands in backticks somewhere in docs/reference."""
    assert surface.options()
    assert not surface.options() - set(WORD.findall(told))


def test_every_command_and_its_options_are_in_the_reference() -> None:
    """Every command is written as it is typed, and its options stand in the same file."""
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    missing = {command for command in surface.commands() if f"`{command}" not in page}
    missing |= {
        f"{command} {option}"
        for command, options in surface.commands().items()
        for option in options
        if not re.search(rf"{re.escape(option)}\b", page)
    }

    assert not missing


def test_every_metric_is_in_the_reference(told: str) -> None:
    """Every metric's name stands in docs/reference; a counter's may carry its `_total`."""
    names = set(WORD.findall(told))

    assert surface.metrics()
    assert {
        name for name in surface.metrics() if not names & {name, f"{name}_total", f"{name}_info"}
    } == set()


def test_the_reference_names_no_metric_that_is_not_there() -> None:
    """A dashboard built from the page works: its names are the code's."""
    page = (REFERENCE / "metrics.md").read_text(encoding="utf-8")
    known = surface.metrics()
    named = set(re.findall(r"\bfettled_[a-z0-9_]+", page))
    endings = ("", "_total", "_info", "_bucket", "_sum", "_count")

    assert not {
        name for name in named if not any(name.removesuffix(ending) in known for ending in endings)
    }


def test_every_route_is_in_the_reference(told: str) -> None:
    """Every route stands in docs/reference as `GET /a/{b}`; several methods as `GET, POST`."""
    listed = {
        (method, path)
        for methods, path in re.findall(r"^((?:[A-Z]+, )*[A-Z]+) (/[^\s?`]*)", told, re.MULTILINE)
        for method in methods.split(", ")
    }

    assert surface.routes()
    assert not surface.routes() - listed


def test_the_reference_names_no_route_that_is_not_answered() -> None:
    """A client written from the page finds what it asks for."""
    page = in_code((REFERENCE / "http-api.md").read_text(encoding="utf-8"))
    named = set(re.findall(r"^(?:[A-Z]+, )*[A-Z]+ (/[^\s?`]*)", page, re.MULTILINE))

    assert not named - {path for _, path in surface.routes()}


def test_every_event_is_in_the_reference(told: str) -> None:
    """Every logged event, a ticket's own among them, stands in docs/reference."""
    assert surface.ticket_events()
    assert not {event for event in surface.log_events() if event not in told}


def test_every_variable_is_in_the_reference(told: str) -> None:
    """Every environment variable that the code reads stands in docs/reference."""
    assert not surface.variables() - set(WORD.findall(told))


def test_the_reference_names_no_variable_that_is_not_read(told: str) -> None:
    """A variable on the page does something; those for the tests are told elsewhere."""
    assert not set(re.findall(r"\bFETTLED_[A-Z0-9_]+", told)) - surface.variables()


def anchors(text: str) -> set[str]:
    """Give the anchors that a page's headings get, as forges make them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in plain}


def test_every_link_between_pages_leads_somewhere() -> None:
    """A relative link names a file that exists, and its fragment a heading of that file."""
    dead: list[str] = []
    for page in markdown_files():
        for target in LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8"))):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, fragment = target.partition("#")
            to = (page.parent / name).resolve() if name else page
            lost = not to.exists() or not to.is_relative_to(ROOT)
            if lost or (fragment and fragment not in anchors(to.read_text(encoding="utf-8"))):
                dead.append(f"{page.relative_to(ROOT)}: {target}")

    assert not dead
