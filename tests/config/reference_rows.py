"""
The rows of docs/reference/configuration.md, made from the JSON Schema.

Run as a script it prints the tables by section, to be pasted when an option changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fettled.config.json_schema import json_schema
from fettled.config.pacing import PaceSettings
from fettled.config.receivers import ReceiverSettings
from fettled.notify import TYPES

#: Definitions in the reading order of the page, with their headings.
SECTIONS = {
    "": "Top level",
    "Server": "`server`",
    "TlsFiles": "`server.tls`",
    "Dialects": "`server.dialects`",
    "StoreSettings": "`store`",
    "Defaults": "`defaults`",
    "PolicyPatch": "`policies.NAME`",
    "FlapPatch": "`policies.NAME.flap`",
    "ReopenBudgetPatch": "`policies.NAME.reopen_budget`",
    "CascadePatch": "`policies.NAME.cascade`",
    "WholeTarget": "`targets[]`",
    "Template": "`templates.NAME`",
    "HttpCheck": "Check of type `http`",
    "HttpAuth": "`auth` of `http`",
    "Login": "`basic` and `proxy_auth` of `http`",
    "HttpExpect": "`expect` of `http`",
    "JsonAssertion": "`expect.json[]` of `http`",
    "TcpCheck": "Check of type `tcp`",
    "IcmpCheck": "Check of type `icmp`",
    "DnsCheck": "Check of type `dns`",
    "TlsCheck": "Check of type `tls`",
    "HeartbeatCheck": "Check of type `heartbeat`",
    "Access": "`access`",
    "Team": "`access.teams[]`",
    "User": "`access.users[]`",
    "ScheduleSettings": "`access.schedules[]`",
    "RotationSettings": "`rotation` of a schedule or layer",
    "LayerSettings": "`access.schedules[].layers[]`",
    "OverrideSettings": "`access.schedules[].overrides[]`",
    "EscalationChain": "`escalation`",
    "EscalationStep": "`escalation[]` and `escalation.steps[]`",
    "WebhookReceiver": "Receiver of type `webhook`",
    "EmailReceiver": "Receiver of type `email`",
    "AppriseReceiver": "Receiver of type `apprise`",
    "QuietHoursSettings": "`receivers[].quiet_hours[]`",
    "DigestSettings": "`receivers[].digest`",
    "BurstSettings": "`receivers[].burst`",
    "CatalogueSection": "`catalogue`",
    "CatalogueApplication": "`catalogue.applications[]`",
    "CatalogueAsset": "`catalogue.assets[]`",
    "CatalogueParty": "`catalogue.clients[]`, `catalogue.employees[]`, `catalogue.suppliers[]`",
    "CatalogueName": "`catalogue.regions[]`, `catalogue.projects[]`, `catalogue.categories[]`",
    "Alerts": "`alerts`",
    "AlertSource": "`alerts.sources[]`",
    "AlertMapping": "`alerts.sources[].mapping`",
    "AlertRule": "`alerts.sources[].rules[]`",
    "AlertClause": "`alerts.sources[].rules[].if[]`",
    "AlertAggregate": "`alerts.sources[].rules[].aggregate`",
    "Isolation": "`isolation`",
    "StormSettings": "`storm`",
    "TicketSettings": "`tickets`",
    "Silence": "`silences[]`",
    "MaintenanceWindow": "`maintenance_windows[]`",
    "SlaSettings": "`sla`",
    "SlaTarget": "`sla.targets.PRIORITY`",
    "SlaCalendar": "`sla.calendars.NAME`",
    "SlaHours": "`sla.calendars.NAME.hours[]`",
    "SlaOverride": "`sla.overrides[]`",
    "WatchdogSettings": "`watchdog`",
    "WorkflowSettings": "`workflows[]`",
    "WorkflowIf": "`workflows[].if`",
    "WorkflowStep": "`workflows[].do[]`",
    "CommentStep": "`comment` of a workflow",
    "AssignStep": "`assign` of a workflow",
    "EscalateStep": "`escalate` of a workflow",
    "OpenTicketStep": "`open_ticket` of a workflow",
    "ResolveTicketStep": "`resolve_ticket` of a workflow",
    "SnoozeStep": "`snooze` of a workflow",
    "Limits": "`limits`",
    "Log": "`log`",
}
#: What every check has; told once.
SCHEDULE = (
    "interval",
    "timeout",
    "retry_interval",
    "policy",
    "primary",
    "formerly",
    "requires",
)

TYPE = (
    "| `type` | word | required | Kind of probe: `http`, `tcp`, `icmp`, `dns`, `tls`"
    " or `heartbeat`. |"
)
#: What every receiver has; told once.
RECEIVER = tuple(sorted(ReceiverSettings.model_fields, key=PaceSettings.model_fields.__contains__))

NOTIFIER = f"| `type` | word | required | Kind of receiver: {', '.join(f'`{n}`' for n in TYPES)}. |"


def tables() -> dict[str, list[str]]:
    """Give the rows of each section, by heading."""
    definitions = json_schema()["$defs"]
    found: dict[str, list[str]] = {}
    for definition, heading in SECTIONS.items():
        schema = definitions[definition] if definition else json_schema()
        own = {"type", *SCHEDULE} if definition.endswith("Check") else set()
        if definition.endswith("Receiver"):
            own = {"type", *RECEIVER}
        if definition == "WebhookReceiver":
            found["`receivers[]`"] = [NOTIFIER, *_rows(schema, RECEIVER)]
        found[heading] = _rows(schema, [name for name in schema["properties"] if name not in own])
        if definition == "Template":
            found["Every check"] = [TYPE, *_rows(definitions["IcmpCheck"], SCHEDULE)]
    return found


def _rows(schema: dict[str, Any], names: Iterable[str]) -> list[str]:
    """Give a row for each of *names*: key, type, default, meaning."""
    required = schema.get("required", [])
    return [_row(name, schema["properties"][name], name in required) for name in names]


def _row(name: str, part: dict[str, Any], is_required: bool) -> str:
    meaning = part.get("description", "See its own table.").replace("|", "\\|")
    default = "required" if is_required else _default(part.get("default"))
    if "$ref" in part and default == "none":
        default = "as there"
    return f"| `{name}` | {_kind(part)} | {default} | {meaning} |"


def _default(value: object) -> str:
    match value:
        case None | [] | {} | "":
            return "none"
        case bool():
            return f"`{str(value).lower()}`"
        case [single]:
            return f"`{single}`"
        case _:
            return f"`{value}`"


def _kind(part: dict[str, Any]) -> str:
    """Say a property's type as the page does."""
    for several in ("anyOf", "oneOf"):
        if several in part:
            kinds = [_kind(p) for p in part[several] if not _is_aside(p)]
            return " or ".join(dict.fromkeys(kinds))
    if "$ref" in part:
        definition = json_schema()["$defs"][part["$ref"].rsplit("/", 1)[1]]
        return _kind(definition) if "anyOf" in definition else "mapping"
    if "enum" in part:
        return _words(part["enum"])
    return _plain(part)


def _is_aside(part: dict[str, Any]) -> bool:
    """Whether *part* only says that a value may be missing or come from elsewhere."""
    return part.get("type") == "null" or part.get("pattern") == r"\$\{"


def _words(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _plain(part: dict[str, Any]) -> str:
    match part:
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "string", "examples": [*examples]} if {"30s", "1h"} & set(examples):
            return "duration"
        case {"type": "string", "format": "password" | "date-time" as form}:
            return {"password": "secret text", "date-time": "time"}[form]
        case {"type": "integer" | "number" as kind}:
            low = part.get("minimum", part.get("exclusiveMinimum"))
            high = part.get("maximum", part.get("exclusiveMaximum"))
            word = {"integer": "whole number", "number": "number"}[kind]
            return word if low is None or high is None else f"{word}, {low} to {high}"
        case {"type": str(kind)}:
            return {"boolean": "`true` or `false`", "object": "mapping"}.get(kind, "text")
    return "text"


def page() -> str:
    """Write all tables, with their headings."""
    head = "| key | type | default | meaning |\n|---|---|---|---|"
    return "\n\n".join(f"### {name}\n{head}\n" + "\n".join(t) for name, t in tables().items())


if __name__ == "__main__":
    print(page())  # noqa: T201 - a script that prints
