"""Simulated devices: each way of being broken, seen by a real client."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import AsyncIterator

import pytest

from fettled.demo.devices import Device, open_device, open_devices


@pytest.fixture
async def device() -> AsyncIterator[Device]:
    """A device that is up."""
    async with open_device("door-1") as made:
        yield made


async def ask(device: Device) -> int:
    """Make one HTTP request; the status that came back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
    try:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
    return int(answer.split()[1])


async def test_down_is_refused_and_the_port_is_kept(device: Device):
    """
    A device that is down refuses connects, and nobody else can take its port meanwhile.

    Seen to fail without the socket that holds the port.
    """
    port = device.port
    await device.down()

    with pytest.raises(ConnectionRefusedError):
        await ask(device)
    with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
        stranger.bind(("127.0.0.1", port))

    await device.up()
    assert (device.port, await ask(device)) == (port, 200)


async def test_down_resets_who_is_connected(device: Device):
    """
    A kept connection does not survive its device, and is reset as by one that lost power.

    Seen to fail with a mere abort of the transport, which ends a connection in good order.
    """
    await device.hang()
    reader, writer = await asyncio.open_connection("127.0.0.1", device.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(5):
        while not device.requests:
            await asyncio.sleep(0)
        await device.down()
        with pytest.raises(ConnectionResetError):
            await reader.read()
    writer.close()


@pytest.mark.parametrize("turns", range(5))
async def test_down_leaves_no_connection_behind_that_had_just_come(device: Device, turns: int):
    """
    A connection is accepted over several turns of the loop; each of them may be the last.

    Seen to fail while `down` closed the server at once: asyncio drops, unclosed, what it
    has accepted and not begun.
    """
    with socket.create_connection(("127.0.0.1", device.port)) as peer:
        for _ in range(turns):
            await asyncio.sleep(0)
        await device.down()
        peer.settimeout(10)
        with pytest.raises(ConnectionResetError):
            await asyncio.to_thread(peer.recv, 1)
    gc.collect()  # a connection left behind would be complained of here


async def test_hanging_is_connected_and_silent(device: Device):
    """A connect succeeds, a request is taken, and no answer comes."""
    await device.hang()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await ask(device)
    assert device.requests == 1


@pytest.mark.parametrize("status", [401, 500, 204, 799])
async def test_it_answers_what_it_is_told(device: Device, status: int):
    """Any status can be had, also one that no standard names; up means 200 again."""
    await device.answer(status)
    assert await ask(device) == status

    await device.up()
    assert await ask(device) == 200


async def test_flapping_goes_on_until_told_else(device: Device):
    """Both sides are seen again and again, and `up` ends it for good."""
    await device.flap(0.02)
    seen: list[bool] = []
    async with asyncio.timeout(5):
        while len(seen) < 6:
            if not seen or seen[-1] is not device.is_listening:
                seen.append(device.is_listening)
            await asyncio.sleep(0.001)

    await device.up()
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("flap")]
    assert await ask(device) == 200


async def test_nonsense_is_survived(device: Device):
    """A request too long, or cut short, costs a connection and not the device."""
    for nonsense in (b"x" * 200_000, b"GET / HT"):
        _, writer = await asyncio.open_connection("127.0.0.1", device.port)
        writer.write(nonsense)
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    assert await ask(device) == 200


async def test_devices_have_ports_of_their_own():
    """Many at once, each under its name."""
    async with open_devices(["a", "b", "c"]) as devices:
        assert len({device.port for device in devices.values()}) == 3
        assert [await ask(device) for device in devices.values()] == [200, 200, 200]
