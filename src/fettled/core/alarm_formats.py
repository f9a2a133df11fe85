"""
Reads what a source sends: Alertmanager's webhook version 4, Grafana's, or JSON by a mapping.

What is wrong with the body as a whole is raised; what is wrong with one alarm is told
beside the others, which are taken all the same: one slip must not hide an outage.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from fettled.core.alarm_rules import as_text, find
from fettled.core.alarms import GROUP, MOST_TITLE, Alarm, Form, Mapped, Source, digest
from fettled.core.errors import InvalidError
from fettled.core.lines import in_one_line

#: Alarms in one body, and how large one of them may be, as JSON.
MOST_ALARMS, MOST_BYTES = 2000, 16 * 1024
_MOST_DESCRIPTION = 4000
_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_EPOCH, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
#: Above it a number counts milliseconds: as seconds it would be the year 5138.
_MILLISECONDS = 100_000_000_000
_VERSION = "4"
#: What is kept of an alert: the rest of what it was told with belongs to the group.
_ALERT = (
    "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint",
    "values", "valueString", "dashboardURL", "panelURL",
)  # fmt: skip
_TITLES = ("summary", "title", "message", "description")
_LINKS = ("runbook_url", "generatorURL", "dashboardURL", "panelURL")


@dataclass(frozen=True, slots=True)
class Push:
    """
    One body, read.

    Attributes:
        faults: one sentence for each alarm that cannot be taken.
        bundle: names the group that was told, as a digest; empty: there is none.
        truncated: how many of it were left out.
    """

    alarms: tuple[Alarm, ...]
    faults: tuple[str, ...] = ()
    bundle: str = ""
    truncated: int = 0


def read_push(source: Source, body: object) -> Push:
    """
    Read what *source* sent.

    Raises:
        InvalidError: it is nothing that a source of this format sends.
    """
    if source.form is Form.GENERIC:
        return _collect(source, _generic_items(source.mapped, body), source.mapped.alarms)
    if not isinstance(body, Mapping):
        _refuse("", "must be a JSON object")
    # Grafana writes "1" there, or nothing: only Alertmanager's own number is a promise.
    if source.form is Form.ALERTMANAGER and as_text(body.get("version", _VERSION)) != _VERSION:
        _refuse("version", "must be 4, the version of Alertmanager's webhook")
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        _refuse("alerts", "must be a list of alarms")
    truncated, group = body.get("truncatedAlerts", 0), body.get("groupKey")
    if isinstance(truncated, bool) or not isinstance(truncated, int) or truncated < 0:
        _refuse("truncatedAlerts", "must be a whole number")
    receiver = as_text(body.get("receiver"))
    told = [_pruned(each, receiver) for each in alerts]
    push = _collect(source, told, "alerts")
    named = f"{receiver}\0{group}" if isinstance(group, str) and group else ""
    return Push(push.alarms, push.faults, digest(named) if named else "", truncated)


def _pruned(alert: object, receiver: str | None) -> object:
    if not isinstance(alert, Mapping):
        return alert
    kept = {name: alert[name] for name in _ALERT if name in alert}
    return kept if receiver is None else {**kept, "receiver": receiver}


def _generic_items(mapped: Mapped, body: object) -> list[Any]:
    found = find(body, mapped.alarms)
    if isinstance(found, Mapping):
        return [found]
    if not isinstance(found, list):
        _refuse(mapped.alarms, "must be a list of alarms, or one alarm")
    return found


def _collect(source: Source, items: list[Any], where: str) -> Push:
    if len(items) > MOST_ALARMS:
        _refuse(where, f"has {len(items)} alarms, and may have {MOST_ALARMS}")
    alarms: dict[str, Alarm] = {}
    faults: list[str] = []
    for number, item in enumerate(items):
        try:
            alarm = read_alarm(source, item)
        except InvalidError as error:
            place = ".".join(filter(None, (where, str(number), error.field)))
            faults.append(f"{place}: {error}")
            continue
        # Told twice, the last word counts, in its place.
        alarms.pop(alarm.id, None)
        alarms[alarm.id] = alarm
    return Push(tuple(alarms.values()), tuple(faults))


def read_alarm(source: Source, item: object) -> Alarm:
    """
    Read one alarm of *source*, new or as it was kept.

    Raises:
        InvalidError: it lacks what an alarm must have; *field* says where.
    """
    if not isinstance(item, Mapping):
        _refuse("", "must be a JSON object")
    size = len(json.dumps(item, ensure_ascii=False))
    if size > MOST_BYTES:
        _refuse("", f"is larger than {MOST_BYTES // 1024} KiB")
    return _READERS[source.form](item, source.mapped)


def _alert(item: Mapping[str, Any], _mapped: Mapped) -> Alarm:
    status = as_text(item.get("status"))
    if status not in {"firing", "resolved"}:
        _refuse("status", "must be firing or resolved")
    labels = _texts(item, "labels")
    annotations = _texts(item, "annotations")
    if not labels:
        _refuse("labels", "must not be empty")
    given = item.get("fingerprint")
    if given is not None and not isinstance(given, str):
        _refuse("fingerprint", "must be a text")
    # As labels are what makes an alert, they name it where nothing else does.
    name = given or json.dumps(sorted(labels.items()))
    is_firing = status == "firing"
    return Alarm(
        id=_ident(name),
        is_firing=is_firing,
        item=item,
        summary=_summary(labels, annotations),
        description=_description(item, annotations),
        starts_at=read_time(item.get("startsAt")),
        **_end(is_firing, item.get("endsAt")),
    )


def _end(is_firing: bool, value: object) -> dict[str, datetime | None]:  # noqa: FBT001 - which of the two it is
    return {"ends_at" if is_firing else "over_at": read_time(value)}


def _texts(item: Mapping[str, Any], name: str) -> dict[str, str]:
    given = item.get(name)
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        _refuse(name, "must be an object of texts")
    for key, value in given.items():
        if not isinstance(value, str):
            _refuse(f"{name}.{in_one_line(key, 60)}", "must be a text")
    return dict(given)


def _summary(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    said = next((annotations[name] for name in _TITLES if annotations.get(name)), "")
    if text := in_one_line(said, MOST_TITLE):
        return text
    name, instance = labels.get("alertname", ""), labels.get("instance", "")
    named = f"{name} on {instance}" if name and instance else name or instance
    return in_one_line(named, MOST_TITLE) or "An alarm without a name"


def _description(item: Mapping[str, Any], annotations: Mapping[str, str]) -> str:
    lines = [annotations.get(name, "") for name in ("description", "message")]
    lines += [as_text(annotations.get(name) or item.get(name)) or "" for name in _LINKS]
    kept = dict.fromkeys(in_one_line(line, _MOST_DESCRIPTION // 4) for line in lines if line)
    return "\n\n".join(filter(None, kept))[:_MOST_DESCRIPTION]


def _generic(item: Mapping[str, Any], mapped: Mapped) -> Alarm:
    name = as_text(find(item, mapped.id))
    if not name:
        _refuse(mapped.id, "is required: it says which alarm this is")
    status = (as_text(find(item, mapped.status)) or "").lower()
    is_firing = status in mapped.firing
    if not is_firing and status not in mapped.resolved:
        known = ", ".join((*mapped.firing, *mapped.resolved))
        _refuse(mapped.status, f"must be one of {known}")
    summary = in_one_line(as_text(find(item, mapped.summary)) or "", MOST_TITLE)
    description = as_text(find(item, mapped.description)) or ""
    return Alarm(
        id=_ident(name),
        is_firing=is_firing,
        item=item,
        summary=summary or in_one_line(name, MOST_TITLE) or "An alarm without a name",
        description=in_one_line(description, _MOST_DESCRIPTION),
        starts_at=read_time(find(item, mapped.starts_at)),
        **_end(is_firing, find(item, mapped.ends_at)),
    )


_READERS: dict[Form, Callable[[Mapping[str, Any], Mapped], Alarm]] = {
    Form.ALERTMANAGER: _alert,
    Form.GRAFANA: _alert,
    Form.GENERIC: _generic,
}


def _ident(name: str) -> str:
    """Make an id that is safe in a key, and never one of a group."""
    is_safe = _SAFE_ID.fullmatch(name) and not name.startswith(GROUP)
    return name if is_safe else digest(name)


def read_time(value: object) -> datetime | None:
    """Read a time: RFC 3339, or seconds or milliseconds since 1970; None: none that can be."""
    try:
        at = next(_times(value), None)
    except (ValueError, OverflowError):
        return None
    return at if at is not None and _EPOCH < at < _LAST else None


def _times(value: object) -> Iterator[datetime]:
    if isinstance(value, str) and not value.isdecimal():
        at = datetime.fromisoformat(value)
        yield (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number):
            seconds = number / 1000 if abs(number) >= _MILLISECONDS else number
            yield _EPOCH + timedelta(seconds=seconds)


def _refuse(field: str, message: str) -> NoReturn:
    raise InvalidError(message, field)
