"""Exports: whole, in any script, to those who may read them, and harmless to open."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import threading

import aiohttp
import pypdf
import pytest
from pydantic import TypeAdapter

from desk import Desk
from fettled.core.permissions import Role
from fettled.core.tickets import Change, Entry
from fettled.web import pdf, pdf_process
from fettled.web.answers_files import ExportAnswer
from fettled.web.api import exports
from tickets_for import ANN, NOW
from web.conftest import House, Logs
from web.fakes import make_ticket
from web.files import TXT, files

TICKET = "/api/v1/tickets/1"
FORMULA = '=HYPERLINK("https://evil.example")'
KINDS = ("json", "csv", "pdf")


async def fetch(client: aiohttp.ClientSession, path: str, status: int = 200) -> bytes:
    """Give what is answered."""
    async with client.get(path) as response:
        body = await response.read()
        assert response.status == status, body[:500]
        return body


def text_of(made: bytes) -> str:
    """Give the words of a PDF."""
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)


def table(raw: bytes) -> list[dict[str, str]]:
    """Read a CSV as it is promised."""
    text = raw.decode()
    assert text.endswith('"\r\n')
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


async def comment(client: aiohttp.ClientSession, body: str, visibility: str = "public") -> None:
    """Comment on ticket 1."""
    given = {"body": body, "visibility": visibility}
    async with client.post(f"{TICKET}/comments", json=given) as response:
        assert response.status == 201


@pytest.mark.parametrize("kind", KINDS)
async def test_what_one_may_not_read_is_in_no_export(
    office: House, worker: aiohttp.ClientSession, kind: str
):
    """
    Internal comments are left out for a viewer; another one's ticket is not there.

    Seen to fail with `may_read` answering True.
    """
    await comment(worker, "a secret word", "internal")
    await comment(worker, "a public word")
    async with aiohttp.ClientSession(
        office.url, headers=await office.headers(Role.VIEWER, "vic")
    ) as vic:
        seen = await fetch(vic, f"{TICKET}/export.{kind}")
    whole = await fetch(worker, f"{TICKET}/export.{kind}")
    seen_text, text = (text_of(each) if kind == "pdf" else each.decode() for each in (seen, whole))
    assert "a public word" in seen_text
    assert "a secret word" not in seen_text
    assert "a secret word" in text
    async with aiohttp.ClientSession(
        office.url, headers=await office.headers(Role.REPORTER, "eve")
    ) as eve:
        await fetch(eve, f"{TICKET}/export.{kind}", 404)
        await fetch(eve, f"/api/v1/tickets/999/export.{kind}", 404)
        assert table(await fetch(eve, "/api/v1/tickets.csv")) == []


@pytest.mark.parametrize(
    "body",
    [
        "<script>alert(1)</script> <img src=x onerror=alert(1)> &amp; <b>bold</b>",
        "emoji \U0001f600\U0001f469\u200d\U0001f469\u200d\U0001f466 \u2764\ufe0f",
        "שלום עולם, مرحبا بالعالم, \u202eturned\u202c \u2066x\u2069",
        "漢字かな交じり文 한국어 ไทย हिन्दी",
        "Z\u0351\u0327a\u0353\u0300l\u0311g\u0314o\u0315" * 100,
        "x" * 16_000,
        "a\n" * 8_000,
        "\n" * 15_999 + "x",
        "\t" * 100 + "x",
        "\u00ad\u200b\u2028\u2029\ufeff\ufffe\U000e0001x",
        "W" * 200 + " " + "i" * 200,
        "**__--~~ [a](b) # > | `",
    ],
    ids=lambda body: body[:12].encode("unicode-escape").decode(),
)
async def test_any_text_becomes_a_pdf_that_opens(worker: aiohttp.ClientSession, body: str):
    """Whatever people write, in any script, however long; markup is shown as it was written."""
    await comment(worker, body)
    made = await fetch(worker, f"{TICKET}/export.pdf")
    text = text_of(made)
    assert "comment_added" in text
    assert "<script>alert(1)</script>" in text or "<script" not in body
    assert b"/JavaScript" not in made
    assert b"/URI" not in made


async def test_a_pdf_tells_what_it_could_not_draw_or_hold(
    worker: aiohttp.ClientSession, desk: Desk
):
    """An empty box for each character without a glyph, and how many; how much was left out."""
    await comment(worker, "漢字 and words")
    assert "2 characters have no glyph" in text_of(await fetch(worker, f"{TICKET}/export.pdf"))
    ticket = await desk.tickets.get("1")
    many = tuple(Entry("comment_added", NOW, ANN, {"body": "word"}) for _ in range(2_100))
    await desk.store.write(lambda u: u.apply(Change(ticket, many)))
    last = pypdf.PdfReader(io.BytesIO(await fetch(worker, f"{TICKET}/export.pdf"))).pages[-1]
    assert "102 entries are left out" in last.extract_text()


def test_a_pdf_stops_where_it_would_take_too_long(monkeypatch: pytest.MonkeyPatch):
    """
    After so much text the rest is counted, not laid out.

    Seen to fail with `left` never counted down.
    """
    monkeypatch.setattr(pdf, "_MOST_WORK", 20_000)
    entry = {"at": "now", "event": "comment_added", "actor": {"type": "user", "name": "ann"}}
    laid_out = pdf.lay_out(
        {
            "ticket": {"reference": "x", "title": "x", "members": [], "member_count": 0}
            | {"done_count": 0},
            "attachments": [],
            "actions": [],
            "timeline": [entry | {"data": {"body": "x " * 8_000}} for _ in range(50)],
            "left_out": 7,
            "exported_at": "2026-11-21T08:30:00Z",
            "exported_by": "ann",
        }
    )
    assert "55 entries are left out" in text_of(laid_out)


async def test_without_the_library_the_cure_is_told(
    worker: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
):
    """501 with the command that installs it; the other kinds work."""
    monkeypatch.setattr(pdf_process.importlib.util, "find_spec", lambda _: None)
    body = json.loads(await fetch(worker, f"{TICKET}/export.pdf", 501))
    assert "pip install 'fettled[pdf]'" in body["detail"]
    await fetch(worker, f"{TICKET}/export.json")


@pytest.mark.parametrize(
    "program", ["import sys; sys.exit('spoilt')", "import time; time.sleep(60)"]
)
async def test_a_pdf_process_that_fails_or_hangs_is_told(
    worker: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch, logs: Logs, program: str
):
    """503 within the time there is, the process is gone, and the reason is in the log alone."""
    monkeypatch.setattr(pdf_process, "_COMMAND", ("-c", program))
    monkeypatch.setattr(pdf_process, "_SECONDS", 3.0)
    answer = json.loads(await fetch(worker, f"{TICKET}/export.pdf", 503))
    assert "the JSON export has it all" in answer["detail"]
    assert "spoilt" not in answer["detail"]
    assert ("spoilt" in logs.text) is ("spoilt" in program)


async def test_a_formula_in_a_ticket_is_text_in_csv(worker: aiohttp.ClientSession):
    """In the list and in the timeline, wherever people write."""
    await worker.post("/api/v1/tickets", json={"title": FORMULA, "description": f"a;{FORMULA}"})
    await comment(worker, f" {FORMULA}")
    rows = table(await fetch(worker, "/api/v1/tickets.csv"))
    assert [row["number"] for row in rows] == ["2", "1"]
    assert rows[0]["title"] == f"'{FORMULA}"
    assert rows[0]["description"] == f"a;'{FORMULA}"
    entries = table(await fetch(worker, f"{TICKET}/export.csv"))
    assert entries[-1]["text"] == f"' {FORMULA}"
    assert entries[-1]["actor"] == "ann"


async def test_lists_that_are_asked_for_at_once_are_written_one_after_the_other(
    worker: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
):
    """
    The loop shares the interpreter with one thread of ours, however many ask.

    Seen to fail with `asyncio.to_thread`, where thirty lists held up the health check for a second.
    """
    write, threads, gate = exports._ticket_lines, set(), threading.Event()

    def watched(shaped: list[dict]) -> bytes:
        threads.add(threading.get_ident())
        gate.wait(0.2)
        return write(shaped)

    monkeypatch.setattr(exports, "_ticket_lines", watched)
    await asyncio.gather(*(fetch(worker, "/api/v1/tickets.csv") for _ in range(4)))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_pages_of_lists_are_read_one_at_a_time(
    worker: aiohttp.ClientSession, desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    """
    However many export, one page is in work; people's own lists wait behind no more than that.

    Seen to fail without `Call.turn`, where all four were in work at once.
    """
    read, inside, most = desk.tickets.list, 0, 0

    async def watched(*asked: object) -> object:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            return await read(*asked)
        finally:
            inside -= 1

    monkeypatch.setattr(desk.tickets, "list", watched)
    await asyncio.gather(*(fetch(worker, "/api/v1/tickets.csv") for _ in range(4)))
    assert most == 1


async def test_a_list_is_filtered_and_whole(worker: aiohttp.ClientSession, desk: Desk):
    """Every page of it, the newest first; unknown filters are 422, HEAD has no body."""
    another = make_ticket(0, check=None, subject=None, uuid="", version=1)
    for _ in range(600):
        await desk.store.write(lambda u: u.apply(Change(another, ())))
    async with worker.get("/api/v1/tickets.csv") as response:
        assert response.headers["Content-Disposition"].startswith(
            'attachment; filename="tickets.csv'
        )
        assert response.content_type == "text/csv"
        numbers = [int(row["number"]) for row in table(await response.read())]
    assert numbers == list(range(601, 0, -1))
    assert table(await fetch(worker, "/api/v1/tickets.csv?status=resolved")) == []
    await fetch(worker, "/api/v1/tickets.csv?colour=red", 422)
    await fetch(worker, "/api/v1/tickets.csv?limit=5", 422)
    async with worker.head("/api/v1/tickets.csv") as response:
        assert response.status == 200
        assert await response.read() == b""


async def test_a_long_list_is_sent_while_it_is_read(house: House, client: aiohttp.ClientSession):
    """
    A list without an end begins at once, and ends when nobody takes it any more.

    Seen to fail with the stream collected before it is sent: nothing ever came.
    """
    asked = 0

    async def endless(which: object, before: int | None, limit: int) -> list:
        nonlocal asked
        asked += 1
        top = before or 10**9
        return [make_ticket(top - n) for n in range(1, limit + 1)]

    house.tickets.list = endless
    async with client.get("/api/v1/tickets.csv") as response:
        received = 0
        async for piece in response.content.iter_any():
            received += len(piece)
            if received > 3_000_000:
                break
    async with asyncio.timeout(10):
        before = -1
        while before != asked:
            before = asked
            await asyncio.sleep(0.2)


async def test_json_holds_everything(worker: aiohttp.ClientSession, desk: Desk):
    """The ticket, its whole timeline however long, comments, files' names, members, actions."""
    await worker.post(f"{TICKET}/attachments", data=files(("a.txt", TXT)))
    ticket = await desk.tickets.get("1")
    many = tuple(
        Entry("comment_added", NOW, ANN, {"body": f"{n}", "visibility": "public"})
        for n in range(450)
    )
    await desk.store.write(lambda u: u.apply(Change(ticket, many)))
    async with worker.get(f"{TICKET}/export.json") as response:
        name = f'attachment; filename="{ticket.reference}.json"'
        assert response.headers["Content-Disposition"].startswith(name)
        whole = await response.json()
    for name, field in ExportAnswer.model_fields.items():
        if name != "ticket":  # its model is laid beside it elsewhere
            TypeAdapter(field.annotation).validate_json(json.dumps(whole[name]))
    assert set(whole) == {"ticket", "attachments", "actions", "comments", "timeline"}
    assert [entry["seq"] for entry in whole["timeline"]] == list(range(1, 453))
    assert [each["body"] for each in whole["comments"]] == [f"{n}" for n in range(450)]
    assert whole["attachments"][0]["name"] == "a.txt"
    assert whole["ticket"]["reference"] == ticket.reference


async def test_a_pdf_reads_like_the_ticket(worker: aiohttp.ClientSession, desk: Desk):
    """What it is about, how it went, and what hangs on it."""
    await worker.post(f"{TICKET}/attachments", data=files(("plan ø.txt", TXT)))
    await comment(worker, "Привет, Ελληνικά, smørrebrød")
    await worker.post(f"{TICKET}/actions", json={"action": "resolve", "summary": "new fuse"})
    async with worker.get(f"{TICKET}/export.pdf") as response:
        assert response.content_type == "application/pdf"
        made = await response.read()
    text = " ".join(text_of(made).split())
    ticket = await desk.tickets.get("1")
    for words in (ticket.reference, "Door stuck", "plan ø.txt", "Привет, Ελληνικά, smørrebrød"):
        assert words in text
    for words in ("new fuse", "resolved", "attachment_added", "Status: resolved"):
        assert words in text
    assert "no glyph" not in text
    assert pypdf.PdfReader(io.BytesIO(made)).metadata.title == ticket.reference
