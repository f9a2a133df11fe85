"""The schema for editors says what the loader does, no more strictly."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fettled.config.json_schema import json_schema


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """Give the schema once."""
    return json_schema()


def test_it_is_of_the_draft_that_editors_know(schema: dict[str, Any]) -> None:
    """Draft 2020-12, and nothing in it that JSON cannot hold."""
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(schema)) == schema


def test_every_reference_leads_somewhere(schema: dict[str, Any]) -> None:
    """Definitions that were renamed are renamed everywhere."""
    used = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(schema)))

    assert used <= set(schema["$defs"])


def test_unknown_keys_are_marked_in_every_section(schema: dict[str, Any]) -> None:
    """A typing error is seen in the editor."""
    objects = [part for part in schema["$defs"].values() if "properties" in part]

    assert all(part["additionalProperties"] is False for part in [schema, *objects])


def test_checks_are_told_apart_by_type(schema: dict[str, Any]) -> None:
    """An editor offers the options of the type that was chosen."""
    check = json.dumps(schema["$defs"]["WholeTarget"]["properties"]["check"])

    assert '"propertyName": "type"' in check
    for name in ("http", "tcp", "icmp", "dns", "tls", "heartbeat"):
        assert schema["$defs"][f"{name.capitalize()}Check"]["properties"]["type"]["const"] == name


def test_durations_are_texts_that_may_come_from_elsewhere(schema: dict[str, Any]) -> None:
    """`30s` and `${INTERVAL}` are right, `30` is not."""
    interval = schema["$defs"]["Defaults"]["properties"]["interval"]
    patterns = [part["pattern"] for part in interval["anyOf"]]

    assert {part["type"] for part in interval["anyOf"]} == {"string"}
    assert interval["default"] == "1m"
    for right in ("30s", "1h30m", "${INTERVAL}"):
        assert any(re.search(pattern, right) for pattern in patterns)


def test_a_target_of_a_template_may_leave_out_what_the_template_brings(
    schema: dict[str, Any],
) -> None:
    """With `use:` only the key is required, and a check may be incomplete."""
    assert schema["$defs"]["Target"]["if"] == {"required": ["use"]}
    assert schema["$defs"]["PartialTarget"]["required"] == ["subject"]
    assert set(schema["$defs"]["WholeTarget"]["required"]) == {"subject", "type"}
