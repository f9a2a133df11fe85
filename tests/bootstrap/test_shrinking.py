"""A daemon whose inventory shrinks: what it tells, and how it is confirmed."""

import pytest
from structlog.testing import capture_logs

from bootstrap.conftest import House
from fettled.core.errors import InventoryShrunkError

MANY = [f"d{n:02}" for n in range(15)]


def _configuration(house: House) -> tuple[str, str]:
    parts = {part.name: part for part in house.made.services().health().parts}
    return parts["configuration"].standing, parts["configuration"].output


async def test_a_refused_reload_is_told_everywhere(house: House) -> None:
    """In one log line and in the health; a forced one is noted by nobody."""
    house.write(*MANY)
    await house.made.reload()
    house.write("d00")
    with capture_logs() as lines, pytest.raises(InventoryShrunkError):
        await house.made.reload()

    assert [(line["event"], line["count"]) for line in lines] == [("config.refused", 1)]
    assert lines[0]["faults"][0].startswith("14 of 15 subjects would be gone at once")
    standing, output = _configuration(house)
    assert standing == "warn"
    assert output.startswith("inventory_shrunk: the last reload was refused")
    assert house.keys() == sorted(f"{key}/main" for key in MANY)
    await house.made.reload(force=True)
    assert house.keys() == ["d00/main"]
    assert _configuration(house) == ("pass", "")


async def test_a_start_with_too_little_warns_until_it_is_whole(
    house: House,
) -> None:
    """Watching goes on with what there is; reloads are taken and noted, also by the health."""
    house.write(*MANY)
    await house.made.reload()
    house.write("d00")
    with capture_logs() as lines:
        await house.restarted()
    told = [line for line in lines if line["event"] == "config.inventory_shrunk"]
    assert [(line["log_level"], line["missing"], line["of"]) for line in told] == [
        ("warning", 14, 15)
    ]
    assert house.keys() == ["d00/main"]
    standing, output = _configuration(house)
    assert standing == "warn"
    assert output.startswith("inventory_shrunk: 14 of 15 subjects are missing since the start")
    notes = await house.made.reload()
    assert notes[0].startswith("14 of 15 subjects are missing since the start")

    house.write(*MANY)
    assert await house.made.reload() == []
    assert _configuration(house) == ("pass", "")
