"""
A ticket's export in JSON, laid out as PDF. Run as a program: JSON in, PDF out.

Knows nothing of the daemon, and is no part of its process: see `pdf_process`. Text of people is
text here, whatever it looks like; what the font has no glyph for is drawn as an empty
box, and the last page says how often.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import resource
import sys
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fpdf import FPDF

_FONT = "DejaVu"
_BOX = "\u25a1"
#: Points; people print this.
_TITLE, _HEADING, _TEXT, _SMALL = 16.0, 11.0, 9.0, 7.5
#: Laying out takes about 20 us a character, and as long for an empty line as for forty.
_MOST_WORK = 600_000
_LINE_WORK = 40
_SHAPING_WORK = 5
#: Scripts that are written from the right, or whose letters join (Hebrew to N'Ko, Arabic's forms).
_SHAPED = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
#: More memory than the largest export needs, and less than would hurt the daemon beside us.
_MOST_MEMORY = 768 * 1024 * 1024
_BLANK_LINES = re.compile(r"\n{3,}")

#: What is told of a ticket, by its place in the JSON.
_FIELDS = (
    ("Status", "status"),
    ("Priority", "priority"),
    ("Level", "level"),
    ("Kind", "kind"),
    ("Source", "source"),
    ("Subject", "subject.name"),
    ("Check", "check"),
    ("Team", "team"),
    ("Assignee", "assignee"),
    ("Shift", "shift"),
    ("Reporter", "reporter"),
    ("Severity", "severity"),
    ("Impact", "impact"),
    ("Urgency", "urgency"),
    ("Category", "category"),
    ("Ownership", "ownership"),
    ("Region", "region"),
    ("Project", "project"),
    ("Application", "application"),
    ("First failure", "occurred_at"),
    ("Recovered", "recovered_at"),
    ("Created", "created_at"),
    ("Resolved", "resolved_at"),
    ("Closed", "closed_at"),
    ("Resolution", "resolution.code"),
    ("Summary", "resolution.summary"),
    ("Resolved by", "resolution.by.name"),
    ("Reopened", "reopen_count"),
)
#: What an entry says in words of people; the rest of it is told as name and value.
_WORDS = ("body", "summary", "reason")


class Sheet:
    """A PDF that is being written, and how much may still be."""

    def __init__(self, pdf: FPDF, glyphs: frozenset[int]) -> None:
        self._pdf = pdf
        self._glyphs = glyphs
        self._can_shape = importlib.util.find_spec("uharfbuzz") is not None
        self.left = _MOST_WORK
        self.boxes = 0

    def write(self, text: str, size: float = _TEXT, indent: float = 0.0) -> None:
        """Write a paragraph, as far as there is work left."""
        shown = self._drawable(text)
        is_shaped = self._can_shape and _SHAPED.search(shown) is not None
        work = len(shown) + _LINE_WORK * (1 + shown.count("\n"))
        self.left -= work * (_SHAPING_WORK if is_shaped else 1)
        self._pdf.set_text_shaping(is_shaped)
        self._pdf.set_font(_FONT, size=size)
        self._pdf.set_x(self._pdf.l_margin + indent)
        self._pdf.multi_cell(0, size * 0.5, shown, align="L", new_x="LMARGIN", new_y="NEXT")

    def head(self, text: str) -> None:
        """Begin a section."""
        self._pdf.ln(3)
        self.write(text, _HEADING)

    def _drawable(self, text: str) -> str:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
        shown = "".join(map(self._glyph, unicodedata.normalize("NFC", lines)))
        return _BLANK_LINES.sub("\n\n", shown)

    def _glyph(self, character: str) -> str:
        if character == "\n" or ord(character) in self._glyphs:
            # Marks that turn the direction would turn what we write around them, too.
            return "" if unicodedata.category(character) == "Cf" else character
        if unicodedata.category(character) in {"Cc", "Cf", "Mn"}:
            return ""
        self.boxes += 1
        return _BOX


def lay_out(export: dict[str, Any]) -> bytes:
    """Make the PDF of *export*."""
    from fpdf import FPDF  # noqa: PLC0415 - late: an extra, and it takes a second
    from fpdf.fonts import TTFFont  # noqa: PLC0415 - as above

    ticket = export["ticket"]
    pdf = FPDF()
    with resources.as_file(resources.files("fettled.web") / "fonts" / "DejaVuSans.ttf") as font:
        pdf.add_font(_FONT, fname=font)
    pdf.set_title(ticket["reference"])
    pdf.set_creator("fettled")
    pdf.set_producer("fettled")
    pdf.set_creation_date(datetime.fromisoformat(export["exported_at"]))
    pdf.set_auto_page_break(auto=True, margin=18)
    pdf.add_page()
    loaded = pdf.fonts[_FONT.lower()]
    assert isinstance(loaded, TTFFont)  # noqa: S101 - as it was given
    sheet = Sheet(pdf, frozenset(loaded.cmap))
    for _ in _sections(sheet, export):
        if sheet.left <= 0:
            break
    _end(sheet, export)
    return bytes(pdf.output())


def _sections(sheet: Sheet, export: dict[str, Any]) -> Iterator[None]:
    """Write the ticket piece by piece; after each the caller may stop."""
    ticket = export["ticket"]
    sheet.write(f"{ticket['reference']}  {ticket['title']}", _TITLE)
    sheet.write(f"exported {export['exported_at']} by {export['exported_by']}", _SMALL)
    for label, place in _FIELDS:
        value = _at(ticket, place)
        if value not in (None, "", 0):
            sheet.write(f"{label}: {value}")
    for text in _clocks(ticket.get("sla") or {}):
        sheet.write(text)
    if ticket.get("labels"):
        sheet.write("Labels: " + ", ".join(f"{k}={v}" for k, v in ticket["labels"].items()))
    yield
    if ticket.get("description"):
        sheet.head("Description")
        sheet.write(ticket["description"])
        yield
    for title, lines in (
        (f"Checklist ({ticket['done_count']} of {ticket['member_count']})", _members(ticket)),
        ("Links", map(_values, ticket.get("links", []))),
        ("Attachments", map(_attachment, export["attachments"])),
        ("Actions", map(_action, export["actions"])),
    ):
        for n, text in enumerate(lines):
            if n == 0:
                sheet.head(title)
            sheet.write(text)
            yield
    sheet.head("History")
    while export["timeline"]:
        _write_entry(sheet, export["timeline"].pop(0))
        yield


def _write_entry(sheet: Sheet, entry: dict[str, Any]) -> None:
    actor = " ".join(filter(None, (entry["actor"].get("name"), f"({entry['actor']['type']})")))
    internal = "  [internal]" if entry["data"].get("visibility") == "internal" else ""
    sheet.write(f"{entry['at']}  {entry['event']}  {actor}{internal}", _SMALL)
    said = [entry["data"][name] for name in _WORDS if isinstance(entry["data"].get(name), str)]
    rest = {k: v for k, v in entry["data"].items() if k not in {*_WORDS, "visibility"}}
    for text in [*said, _values(rest)]:
        if text:
            sheet.write(text, indent=4)


def _end(sheet: Sheet, export: dict[str, Any]) -> None:
    left_out = len(export["timeline"]) + export["left_out"]
    if sheet.left <= 0 or left_out:
        sheet.head("Not all of it")
        sheet.write(
            f"The history is longer than a PDF can be: {left_out} entries are left out. "
            "The JSON export has everything."
        )
    if sheet.boxes:
        sheet.head("Characters")
        sheet.write(
            f"{sheet.boxes} characters have no glyph in this font and are drawn as {_BOX}. "
            "The JSON export has them."
        )


def _at(ticket: dict[str, Any], place: str) -> object:
    value: Any = ticket
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _clocks(sla: dict[str, Any]) -> Iterator[str]:
    """Tell of each promise: until when, and what came of it."""
    for name in ("response", "resolution"):
        clock = sla.get(name) or {}
        if clock.get("due_at"):
            outcome = clock.get("outcome") or clock.get("state")
            yield f"SLA {name}: due {clock['due_at']}, {outcome}"


def _members(ticket: dict[str, Any]) -> Iterator[str]:
    for line in ticket["members"]:
        own = f", #{line['ticket']}" if line["ticket"] else ""
        yield f"{line['check']}: {line['state']} since {line['joined_at']}{own}"


def _attachment(one: dict[str, Any]) -> str:
    return f"{one['name']}  {one['media_type']}, {one['size']} bytes, sha256 {one['sha256']}"


def _action(one: dict[str, Any]) -> str:
    return f"{one['at']}  {one['type']} to {one['target']}: {one['outcome']}"


def _values(data: dict[str, Any]) -> str:
    told = ((k, v if isinstance(v, str) else json.dumps(v)) for k, v in data.items())
    return ", ".join(f"{name}: {value}" for name, value in told if value not in {"", "null"})


def main() -> None:
    """Read an export from stdin, and write its PDF to stdout."""
    with contextlib.suppress(OSError, ValueError):  # a sandbox may forbid it, or know better
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    sys.stdout.buffer.write(lay_out(json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
