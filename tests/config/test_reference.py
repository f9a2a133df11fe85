"""The reference's tables are those of the schema: every option, type, default and meaning."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.reference_rows import SECTIONS, tables
from fettled.config.json_schema import json_schema
from fettled.config.loader import load
from source_tree import REFERENCE

PAGE = (REFERENCE / "configuration.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_every_option_has_its_row_and_no_row_is_left_over() -> None:
    """Types, defaults and meanings are the schema's; config/reference_rows.py prints them."""
    for heading, rows in tables().items():
        section = PAGE.split(f"### {heading}\n")[1].split("\n### ")[0].split("\n## ")[0]

        assert [line for line in section.splitlines() if line.startswith("| `")] == rows, heading


def test_no_table_runs_into_the_next_heading() -> None:
    """Some readers of markdown make the heading a row. Seen to fail on two tables."""
    assert re.findall(r"^\|.*\n(#.*)", PAGE, re.MULTILINE) == []


def test_every_definition_of_the_schema_has_its_table() -> None:
    """A new probe type or section cannot be forgotten."""
    told_elsewhere = {"Target", "PartialTarget", "SubjectType", "Requires", "Scope"}
    told_elsewhere |= {"Form", "Level", "Op", "Priority"}

    assert set(json_schema()["$defs"]) - told_elsewhere == set(SECTIONS) - {""}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_loads(example: str, tmp_path: Path) -> None:
    """What the page shows can be copied."""
    path = tmp_path / "fettled.yaml"
    policies = "" if "policies:" in example else "policies: {patient: {}}\n"
    path.write_text(policies + example, encoding="utf-8")
    (path.parent / "api").write_text("token")

    assert load(path, {"CREDENTIALS_DIRECTORY": str(path.parent)}).settings.targets
