"""Files on tickets, over HTTP, a real store behind it."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import aiohttp
import pytest

from desk import Desk
from fettled.core.permissions import Role
from fettled.web.answers import Page
from fettled.web.answers_files import AttachmentAnswer
from web.conftest import House, Logs
from web.files import (
    DOCUMENT,
    DOCX,
    JPG,
    PDF,
    PLACE,
    PNG,
    TXT,
    archive,
    names,
    problem,
    send,
)


async def events(desk: Desk) -> list[str]:
    """The timeline of ticket 1."""
    return [entry.event for entry in await desk.tickets.timeline("1", 0, 100)]


async def stranger(office: House, role: Role, user: str) -> aiohttp.ClientSession:
    """Give somebody else's client."""
    return aiohttp.ClientSession(office.url, headers=await office.headers(role, user))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("run.png", b"MZ\x90\x00" + bytes(100)),
        ("page.jpg", b"<svg onload=alert(1)></svg>"),
        ("a.html", b"<script>alert(1)</script>"),
        ("macro.docx", archive(DOCUMENT | {"word/vbaProject.bin": b"x"})),
        ("bomb.docx", archive(DOCUMENT | {"word/a.xml": bytes(30_000_000)})),
        ("up.docx", archive(DOCUMENT | {"../../up": b"x"})),
        ("empty.txt", b""),
    ],
)
async def test_the_wrong_type_is_refused_and_changes_nothing(
    worker: aiohttp.ClientSession, desk: Desk, name: str, content: bytes
):
    """422 that names the field, whatever the name promises."""
    before = await events(desk)
    assert len(await problem(await send(worker, (name, content)), 422, "file")) < 300
    assert await names(worker) == []
    assert await events(desk) == before


async def test_one_bad_file_refuses_all_of_a_request(worker: aiohttp.ClientSession):
    """All or none; which one it is is said."""
    bad = await send(worker, ("a.txt", TXT), ("b.png", b"GIF89a"))
    assert "number 2 of 2" in await problem(bad, 422, "file")
    assert await names(worker) == []


async def test_the_eleventh_is_refused_also_in_a_race(worker: aiohttp.ClientSession, desk: Desk):
    """
    409, and of six who send the last ones at once as many get in as there is room.

    Seen to fail with the count asked in `expect` only, outside of the unit that writes.
    """
    for n in range(8):
        async with await send(worker, (f"{n}.txt", b"%d" % n)) as response:
            assert response.status == 201
    answers = await asyncio.gather(*[send(worker, (f"{n}.txt", b"%d" % n)) for n in range(8, 14)])
    assert sorted(each.status for each in answers) == [201, 201, 409, 409, 409, 409]
    last = await send(worker, ("more.txt", b"more"))
    assert "at most 10" in await problem(last, 409)
    assert len(await names(worker)) == 10
    assert (await events(desk)).count("attachment_added") == 10


async def test_the_same_file_again_is_the_same_attachment(
    worker: aiohttp.ClientSession, desk: Desk
):
    """
    A lost reply may be asked for again, ten at once as well: one entry, one id.

    Seen to fail without the look at what is kept: a second entry, then the database's refusal.
    """
    first = await (await send(worker, ("a.txt", TXT))).json()
    answers = await asyncio.gather(
        *[send(worker, ("a.txt", TXT), ("a.txt", TXT)) for _ in range(5)]
    )
    for answer in answers:
        assert answer.status == 201
        assert [each["id"] for each in (await answer.json())["items"]] == [
            first["items"][0]["id"]
        ] * 2
    assert await events(desk) == ["opened", "attachment_added"]


async def test_another_teams_ticket_is_not_there(office: House, worker: aiohttp.ClientSession):
    """In the same words as one that does not exist; neither list, file, upload nor removal."""
    ident = (await (await send(worker, ("a.txt", TXT))).json())["items"][0]["id"]
    async with await stranger(office, Role.REPORTER, "eve") as eve:
        for number in (1, 999):
            place = f"/api/v1/tickets/{number}/attachments"
            answers = [
                await eve.get(place),
                await eve.get(f"{place}/{ident}"),
                await eve.delete(f"{place}/{ident}"),
                await send(eve, ("x.txt", TXT), place=place),
            ]
            for answer in answers:
                assert await problem(answer, 404) == f"there is no ticket {number}"
    assert await names(worker) == ["a.txt"]


async def test_a_viewer_reads_and_does_not_write(office: House, worker: aiohttp.ClientSession):
    """403: the ticket is seen, and that is all."""
    ident = (await (await send(worker, ("a.txt", TXT))).json())["items"][0]["id"]
    async with await stranger(office, Role.VIEWER, "vic") as vic:
        assert (await vic.get(f"{PLACE}/{ident}")).status == 200
        await problem(await send(vic, ("x.txt", TXT)), 403)
        await problem(await vic.delete(f"{PLACE}/{ident}"), 403)


async def test_a_reporter_attaches_to_their_own(office: House, worker: aiohttp.ClientSession):
    """And takes back within the hour what they attached themselves, nothing else."""
    async with await stranger(office, Role.REPORTER, "rob") as rob:
        number = (await (await rob.post("/api/v1/tickets", json={"title": "Cold"})).json())[
            "number"
        ]
        place = f"/api/v1/tickets/{number}/attachments"
        foreign = (await (await send(worker, ("w.txt", b"w"), place=place)).json())["items"][0][
            "id"
        ]
        mine = (await (await send(rob, ("m.txt", b"m"), place=place)).json())["items"][0]["id"]
        await problem(await rob.delete(f"{place}/{foreign}"), 403)
        assert (await rob.delete(f"{place}/{mine}")).status == 204
        await problem(await rob.get(f"{place}/{mine}"), 404)


async def test_after_an_hour_removing_needs_the_right(
    office: House, worker: aiohttp.ClientSession, desk: Desk
):
    """
    Somebody may have relied on it; who may delete tickets may delete files.

    Seen to fail without the comparison of times in `may_remove`.
    """
    ident = (await (await send(worker, ("a.txt", TXT))).json())["items"][0]["id"]
    desk.clock.advance(timedelta(hours=1, seconds=1))
    assert "within the last hour" in await problem(await worker.delete(f"{PLACE}/{ident}"), 403)
    async with await stranger(office, Role.MANAGER, "max") as boss:
        assert (await boss.delete(f"{PLACE}/{ident}")).status == 204
        await problem(await boss.delete(f"{PLACE}/{ident}"), 404)
    assert await names(worker) == []
    assert (await events(desk))[-1] == "attachment_removed"


async def test_a_closed_ticket_takes_and_loses_nothing(worker: aiohttp.ClientSession, desk: Desk):
    """409, before a byte is read; what is there can still be fetched."""
    ident = (await (await send(worker, ("a.txt", TXT))).json())["items"][0]["id"]
    for action in ("resolve", "close"):
        done = await worker.post("/api/v1/tickets/1/actions", json={"action": action})
        assert done.status == 200
    before = await events(desk)
    assert "closed" in await problem(await send(worker, ("b.txt", b"b")), 409)
    assert "closed" in await problem(await worker.delete(f"{PLACE}/{ident}"), 409)
    assert (await worker.get(f"{PLACE}/{ident}")).status == 200
    assert await events(desk) == before


@pytest.mark.parametrize("ident", ["0", "x", "-1", "1e3", "9" * 30, "1%00", "..%2f..%2fetc"])
async def test_an_id_that_is_none_is_not_found(worker: aiohttp.ClientSession, ident: str):
    """Nothing that is asked for is a path."""
    await problem(await worker.get(f"{PLACE}/{ident}"), 404)


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("photo.png", PNG, "image/png"),
        ("photo.jpg", JPG, "image/jpeg"),
        ("report.pdf", PDF, "application/pdf"),
        ("page.txt", b"<script>alert(1)</script>", "text/plain"),
        (
            "note.docx",
            DOCX,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
    ],
)
async def test_a_file_comes_back_as_a_download_only(
    worker: aiohttp.ClientSession, name: str, content: bytes, media_type: str
):
    """
    Byte for byte, with nothing that a browser would run or show in place.

    Seen to fail without the headers of `_AS_DOWNLOAD` and without `attachment`.
    """
    kept = (await (await send(worker, (name, content))).json())["items"][0]
    assert kept["media_type"] == media_type
    assert kept["sha256"] == hashlib.sha256(content).hexdigest()
    async with worker.get(f"{PLACE}/{kept['id']}") as answer:
        assert await answer.read() == content
        assert answer.headers["Content-Length"] == str(len(content))
        assert answer.headers["Content-Disposition"].startswith(f'attachment; filename="{name}"')
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content_type == media_type
        assert "Server" not in answer.headers
    async with worker.head(f"{PLACE}/{kept['id']}") as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    ("sent", "kept", "plain"),
    [
        ("../../etc/passwd.txt", "passwd.txt", "passwd.txt"),
        ("..\\win.txt", "win.txt", "win.txt"),
        ("sm\u00f8r \U0001f600.txt", "sm\u00f8r \U0001f600.txt", "sm_r _.txt"),
        ('a";filename=evil.exe;".txt', "a_;filename=evil.exe;_.txt", "a__filename_evil.exe__.txt"),
        ("gpj\u202etxt.txt", "gpjtxt.txt", "gpjtxt.txt"),
        ("con.txt", "_con.txt", "_con.txt"),
        ("x" * 300 + ".txt", "x" * 146 + ".txt", "x" * 146 + ".txt"),
    ],
)
async def test_a_hostile_name_is_harmless(
    worker: aiohttp.ClientSession, sent: str, kept: str, plain: str
):
    """Shown and given back cleaned, in both forms that a header has for it."""
    form = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{quoted(sent)}"\r\n\r\nx'
    body = f"{form}\r\n--b--\r\n".encode()
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    item = (await (await worker.post(PLACE, data=body, headers=headers)).json())["items"][0]
    assert item["name"] == kept
    answer = await worker.get(f"{PLACE}/{item['id']}")
    start = f"attachment; filename=\"{plain}\"; filename*=UTF-8''"
    assert answer.headers["Content-Disposition"].startswith(start)


def quoted(name: str) -> str:
    """Write a name as it stands in a form's quotes."""
    return name.replace("\\", "\\\\").replace('"', '\\"')


async def test_a_store_that_is_down_is_told_before_anything_is_sent(
    worker: aiohttp.ClientSession, desk: Desk, logs: Logs
):
    """503, and nothing of the store's insides; the download as well."""
    ident = (await (await send(worker, ("a.txt", TXT))).json())["items"][0]["id"]
    desk.store.is_down = True
    await problem(await send(worker, ("b.txt", b"b")), 503)
    await problem(await worker.get(f"{PLACE}/{ident}"), 503)
    desk.store.is_down = False
    assert await names(worker) == ["a.txt"]


async def test_a_download_that_cannot_go_on_is_broken_off(
    worker: aiohttp.ClientSession, desk: Desk, monkeypatch: pytest.MonkeyPatch, office: House
):
    """
    The client must not take half a file for a whole one, nor wait for the rest.

    Seen to fail without `_require_whole`: the client waited until the connection was idle.
    """
    content = b"x" * 600_000
    ident = (await (await send(worker, ("a.txt", content))).json())["items"][0]["id"]
    whole = office.attachments.piece

    async def half(ident: int, piece: int) -> bytes | None:
        return await whole(ident, piece) if piece == 0 else None

    monkeypatch.setattr(office.attachments, "piece", half)
    with pytest.raises(aiohttp.ClientError):
        async with asyncio.timeout(10), worker.get(f"{PLACE}/{ident}") as answer:
            await answer.read()


async def test_what_is_attached_is_told(worker: aiohttp.ClientSession, desk: Desk):
    """On the timeline, in the list, and as a touch: somebody works on the ticket."""
    async with await send(worker, ("a.txt", TXT), ("b.png", PNG)) as answer:
        assert answer.status == 201
        items = (await answer.json())["items"]
        Page[AttachmentAnswer].model_validate_json(await answer.read())
    told = [entry for entry in await desk.tickets.timeline("1", 0, 9) if "attach" in entry.event]
    assert [entry.data for entry in told] == [
        {"id": items[0]["id"], "name": "a.txt", "size": len(TXT), "media_type": "text/plain"},
        {"id": items[1]["id"], "name": "b.png", "size": len(PNG), "media_type": "image/png"},
    ]
    assert items[0]["by"] == {"type": "token", "name": "ann"}
    ticket = await desk.tickets.get("1")
    assert ticket.touched
    assert ticket.version == 2
    assert [change.entries[0].event for change in desk.sink.changes][-1] == "attachment_added"
    assert await names(worker) == ["a.txt", "b.png"]
