"""Every scenario that the documentation shows can be played, and comes out as it says."""

from __future__ import annotations

import asyncio
import re

import pytest

from fettled import calendar
from fettled.app.rehearsal import Rehearsal
from fettled.clock import SystemClock
from fettled.config.fleet import make_fleet
from fettled.config.scenario import parse_scenario
from fettled.config.schema import Settings
from fettled.probes.tools import open_tools
from source_tree import ROOT, markdown_files

_BLOCK = re.compile(r"^```yaml scenario\n(.*?)^```", re.MULTILINE | re.DOTALL)
SHOWN = {
    f"{page.relative_to(ROOT)}-{n}": text
    for page in markdown_files()
    for n, text in enumerate(_BLOCK.findall(page.read_text(encoding="utf-8")))
} | {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs" / "examples").glob("*.yaml"))
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_scenario_that_is_shown_comes_out_as_it_says(name: str) -> None:
    """Blocks marked `yaml scenario`, and the files of docs/examples."""
    written = parse_scenario(SHOWN[name], name, Settings)

    async def play() -> list[str]:
        async with open_tools(wall=SystemClock().wall) as tools:
            fleet = make_fleet(written.settings, tools)
        played = await Rehearsal(written.scenario, fleet, calendar.around).play()
        return list(map(str, played.failures))

    assert asyncio.run(play()) == []


def test_there_are_some() -> None:
    """The pages have blocks, and the directory has files."""
    assert sum("examples" in name for name in SHOWN) >= 4
    assert sum(".md" in name for name in SHOWN) >= 2
