"""
The story of the demo: at which second which device does what.

A table and its player. Windows that make the story come true are in `configuration`;
a test holds both against each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from fettled.demo.devices import Device


@dataclass(frozen=True, slots=True)
class Step:
    """
    At second *at* of a round, *device* does *act*.

    Attributes:
        said: what the view tells, the device's name in front.
    """

    at: float
    device: str
    said: str
    act: Callable[[Device], Awaitable[None]]


async def _refuse_credentials(device: Device) -> None:
    await device.answer(401)


async def _flap(device: Device) -> None:
    # Down for 0.6 s at a time: shorter than the open debounce, which alone would miss it.
    await device.flap(1.2)


SCRIPT: tuple[Step, ...] = (
    Step(2.0, "door-1", "goes offline", Device.down),
    Step(4.0, "door-2", "goes offline", Device.down),
    Step(6.0, "access-cloud", "refuses its credentials (401)", _refuse_credentials),
    Step(9.0, "door-2", "is back", Device.up),
    Step(10.0, "sensor-1", "goes on and off", _flap),
    Step(13.0, "access-cloud", "accepts them again", Device.up),
    Step(15.0, "door-2", "goes offline again", Device.down),
    Step(18.0, "door-1", "is back", Device.up),
    Step(22.0, "door-2", "is back", Device.up),
    Step(24.0, "sensor-1", "is steady again", Device.up),
)

#: Seconds from one round's start to the next one's. The tail is longer than the reopen
#: window, so that each round opens tickets of its own.
ROUND = 45.0


async def play(
    devices: Mapping[str, Device], tell: Callable[[str, str], None], steps: Sequence[Step] = SCRIPT
) -> None:
    """Play one round; *tell* hears the device's name and what it does."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for step in steps:
        await asyncio.sleep(begin + step.at - loop.time())
        await step.act(devices[step.device])
        tell(step.device, step.said)
