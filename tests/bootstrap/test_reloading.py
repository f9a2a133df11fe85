"""A reload of the assembled daemon: its end, its notes, its faults; and its retention."""

import asyncio
from datetime import timedelta

import pytest
import trustme
from structlog.testing import capture_logs

from bootstrap.conftest import House
from fettled.bootstrap import assembly, retention
from fettled.core.errors import ConfigError
from stores import until
from tickets_for import span


async def test_a_reload_goes_on_though_its_caller_has_left(house: House) -> None:
    """
    Committed, and cancelled before it was told so: memory follows the store.

    Seen to fail with the reload in the caller's own task: the store had the new name, memory
    the old one.
    """
    house.write("gate formerly: door")
    house.store.may_go.clear()
    caller = asyncio.create_task(house.made.reload())
    await until(lambda: house.store.pending > 0, "the commit")
    caller.cancel()
    await asyncio.wait([caller])
    assert caller.cancelled()
    assert house.keys() == ["door/main"]
    house.store.may_go.set()
    await until(lambda: house.keys() == ["gate/main"], "the swap")

    assert list(await house.store.read(lambda r: r.checks())) == ["gate/main"]
    house.write("hall")
    await house.made.reload()
    assert house.keys() == ["hall/main"]


async def test_a_fault_whose_caller_has_left_is_told(house: House) -> None:
    """In the log, since nobody waits for the answer."""
    house.write("door", "door")
    with capture_logs() as lines:
        caller = asyncio.create_task(house.made.reload())
        await asyncio.sleep(0)
        caller.cancel()
        await until(lambda: bool(lines), "the line")

    assert [line["event"] for line in lines] == ["config.refused"]


async def test_a_refused_file_is_no_fault_of_the_daemon(house: House) -> None:
    """Logged once as an error, whoever asked, and counted as a refused reload alone."""
    house.write(*["door"] * 9)
    with capture_logs() as lines, pytest.raises(ConfigError):
        await house.made.reload()

    assert [(line["event"], line["log_level"], line["count"]) for line in lines] == [
        ("config.refused", "error", 8)
    ]
    assert len(lines[0]["faults"]) == 3
    assert "fettled.yaml:" in lines[0]["faults"][0]
    assert house.sink.faults == []


async def test_a_reload_that_a_bug_ends_has_failed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only what we can explain: health and metric say so until one succeeds."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(assembly, "make_fleet", broken)
        with pytest.raises(ZeroDivisionError):
            await house.made.reload()
    health = house.made.services().health()
    assert {part.name: part.standing for part in health.parts}["configuration"] == "warn"

    await house.made.reload()
    health = house.made.services().health()
    assert {part.name: part.standing for part in health.parts}["configuration"] == "pass"


CHANGES = {
    "server.listen": "server: {listen: '127.0.0.1:1'}\n",
    "server.control_socket": "server: {control_socket: /elsewhere}\n",
    "server.tls": "server: {tls: {cert: '{home}/cert.pem', key: '{home}/key.pem'}}\n",
    "store.url": "store: {url: 'sqlite:////elsewhere.db'}\n",
    "limits": "limits: {in_flight: 7}\n",
    "log": "log: {level: debug}\n",
}


@pytest.mark.parametrize("option", CHANGES)
async def test_what_waits_for_a_restart_is_noted(house: House, option: str) -> None:
    """One note each, for as long as the file differs from what is in force."""
    await house.made.reload()
    assert house.made.notes == ()
    text = house.config.read_text()
    home = house.config.parent
    issued = trustme.CA().issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(str(home / "cert.pem"))
    issued.private_key_pem.write_to_path(str(home / "key.pem"))
    changed = CHANGES[option].replace("{home}", str(home))
    section = changed.partition(":")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{section}:")]
    house.config.write_text(changed + "\n".join(kept))
    notes = [note for note in await house.made.reload() if "restart" in note]
    expected = {f"{option} needs a restart to take effect"}
    if section == "server":
        expected.add("server.control_socket needs a restart to take effect")
    assert set(notes) == expected
    assert [note for note in await house.made.reload() if "restart" in note] == notes

    house.config.write_text(text)
    assert await house.made.reload() == []


async def test_retention_keeps_up_with_what_there_is(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Piece by piece until nothing is left, yet bounded in one run.

    Seen to fail with one piece a run: 500 spans in ten minutes, and a storm makes more.
    """
    monkeypatch.setattr(retention, "AT_ONCE", 10)
    monkeypatch.setattr(retention, "ROUNDS", 4)
    old = house.clock.wall() - timedelta(days=100)
    spans = [span("door/main", order=(1, n), first=old, last=old) for n in range(65)]
    await house.store.write(lambda uow: uow.put_spans(spans))

    async def left() -> int:
        return len(await house.store.read(lambda r: r.spans("door/main", since=old)))

    await retention.forget(house.store, house.clock.wall())
    assert await left() == 25
    await retention.forget(house.store, house.clock.wall())
    assert await left() == 0
