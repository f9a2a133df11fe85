"""Diagrams in the docs are drawn from the code's tables, so that they cannot lie."""

import re
from pathlib import Path

from fettled.core.actions import WORDS
from fettled.core.events import EVENTS
from fettled.core.moves import MOVES
from fettled.core.phases import TABLE
from fettled.core.priorities import MATRIX

ROOT = Path(__file__).parents[2]


def draw_phases() -> str:
    """Draw the phase machine; run this file to print it."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for (before, evidence), after in TABLE.items():
        if before is not after:
            words = evidence.value.replace("_", " ").replace("not up", "not-up")
            arrows.setdefault((before.value, after.value), []).append(words)
    lines = [f"    {a} --> {b}: {', '.join(words)}" for (a, b), words in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> unknown", *lines])


def draw_lifecycle() -> str:
    """Draw people's moves; what leaves the status as it is is left out."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for action, moves in MOVES.items():
        for before, after in moves.items():
            if before is not after:
                arrows.setdefault((before.value, after.value), []).append(WORDS[action])
    lines = [f"    {a} --> {b}: {', '.join(words)}" for (a, b), words in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> open", *lines, "    closed --> [*]"])


def test_the_diagram_of_the_lifecycle_is_the_table() -> None:
    """Print this file's drawing and paste it where they differ."""
    page = (ROOT / "docs/explanation/lifecycle.md").read_text()
    drawn = re.search(r"```mermaid\n(.*?)\n```", page, re.DOTALL)
    assert drawn is not None

    assert drawn[1] == draw_lifecycle()
    for impact, row in MATRIX.items():
        assert f"| {impact} | {' | '.join(row.values())} |" in page


def test_the_diagram_of_the_phases_is_the_table() -> None:
    """Print this file's drawing and paste it where they differ."""
    page = (ROOT / "docs/explanation/phases.md").read_text()
    drawn = re.search(r"```mermaid\n(.*?)\n```", page, re.DOTALL)
    assert drawn is not None

    assert drawn[1] == draw_phases()


def test_every_event_of_the_timeline_is_in_the_reference() -> None:
    """With whether it triggers."""
    page = (ROOT / "docs/reference/events.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| (yes|no) \|", page, re.MULTILINE))

    assert told == {event: "yes" if triggers else "no" for event, triggers in EVENTS.items()}


if __name__ == "__main__":
    print(draw_phases(), draw_lifecycle(), sep="\n\n")  # noqa: T201 - that is what running it is for
