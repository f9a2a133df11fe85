"""
The filters of lists of tickets as options, and as the query that the API takes.

A list on the screen and a list in a file have the same ones.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import typer

from fettled.cli.completing import (
    complete_shifts,
    complete_subjects,
    complete_teams,
    complete_users,
)
from fettled.cli.moments import ago
from fettled.cli.reaching import grouped
from fettled.core.errors import InvalidError
from fettled.core.words import Impact, Level, Priority, Severity, Source, Status

#: By the word of the option: the API's order.
_SORTS = {
    "newest": "-number",
    "oldest": "number",
    "updated": "-updated",
    "priority": "-priority",
    "due": "due",
}
GivenSort = Literal["newest", "oldest", "updated", "priority", "due"]


class GivenSla(StrEnum):
    """How the clock that runs out next stands."""

    GREEN = "green"
    ORANGE = "orange"
    RED = "red"


def many(help_text: str, **more: Any) -> Any:  # noqa: ANN401 - typer's own annotation value
    """Make a filter option that may be repeated."""
    return typer.Option(
        help=help_text + " May be given more than once.", show_default=False, **more
    )


def once(help_text: str, *names: str) -> Any:  # noqa: ANN401 - typer's own annotation value
    """Make a filter option that is given once."""
    return typer.Option(*names, help=help_text, show_default=False)


_OPTIONS: dict[str, Any] = {
    "status": Annotated[list[Status] | None, many("Only this status.")],
    "priority": Annotated[list[Priority] | None, many("Only this priority.")],
    "level": Annotated[list[Level] | None, many("Only this level.")],
    "severity": Annotated[list[Severity] | None, many("Only this severity.")],
    "impact": Annotated[list[Impact] | None, many("Only this impact.")],
    "kind": Annotated[list[str] | None, many("Only this kind.")],
    "category": Annotated[list[str] | None, many("Only of this category.")],
    "source": Annotated[list[Source] | None, many("Only from this source.")],
    "subject": Annotated[
        list[str] | None,
        many("Only about the subject with this key.", autocompletion=complete_subjects),
    ],
    "member": Annotated[
        list[str] | None,
        many("Only with this subject on the checklist.", autocompletion=complete_subjects),
    ],
    "deduplication_key": Annotated[
        list[str] | None, many("Only with this key of its caller's.", metavar="KEY")
    ],
    "application": Annotated[list[str] | None, many("Only about this application.")],
    "region": Annotated[list[str] | None, many("Only in this region.")],
    "project": Annotated[list[str] | None, many("Only of this project.")],
    "link": Annotated[
        list[str] | None,
        many("Only linked to this, TYPE:NAME, such as asset:Rack 1.", metavar="TYPE:NAME"),
    ],
    "team": Annotated[list[str] | None, many("Only of this team.", autocompletion=complete_teams)],
    "assignee": Annotated[
        list[str] | None, many("Only of this person.", autocompletion=complete_users)
    ],
    "mine": Annotated[bool | None, once("Only what is assigned to you.", "--mine")],
    "shift": Annotated[
        list[str] | None, many("Only of this schedule.", autocompletion=complete_shifts)
    ],
    "reporter": Annotated[
        list[str] | None, many("Only reported by this person.", autocompletion=complete_users)
    ],
    "label": Annotated[
        list[str] | None, many("Only with this label, NAME=VALUE.", metavar="LABEL")
    ],
    "escalation_level": Annotated[
        list[int] | None,
        many("Only escalated so often; 0: not at all.", min=0, max=1_000_000, metavar="N"),
    ],
    "sla": Annotated[list[GivenSla] | None, many("Only with a running clock of this colour.")],
    "overdue": Annotated[bool | None, once("Only with a clock that has run out.", "--overdue")],
    "search": Annotated[
        str | None, once("Only with all these words; the last one may be a beginning.")
    ],
    "since": Annotated[str | None, once("Opened since: 24h ago, or a time with its zone.")],
    "before": Annotated[str | None, once("Opened before: as --since.")],
    "resolved_since": Annotated[str | None, once("Resolved since: as --since.")],
    "resolved_before": Annotated[str | None, once("Resolved before: as --since.")],
    "updated_since": Annotated[str | None, once("Changed since: as --since.")],
    "sort": Annotated[GivenSort | None, once("In this order; else the newest first.")],
}
#: Option -> the API's parameter, where it has another name.
_TIMES = {
    "since": "opened_from",
    "before": "opened_until",
    "resolved_since": "resolved_from",
    "resolved_before": "resolved_until",
    "updated_since": "updated_since",
}


def _gather(*, mine: bool | None, **given: Any) -> dict[str, Any]:  # noqa: ANN401 - the options' values
    """
    Make the query of the options that were given.

    Raises:
        InvalidError: one cannot be read, or two contradict one another.
    """
    if mine and given["assignee"]:
        msg = "--mine or --assignee USER: give one of them"
        raise InvalidError(msg, "mine")
    query: dict[str, Any] = {}
    for name, value in given.items():
        if value in (None, []):
            continue
        if name in _TIMES:
            query[_TIMES[name]] = ago(value, f"--{name.replace('_', '-')}").isoformat()
        elif isinstance(value, list):
            query[name] = [_checked(name, each) for each in value]
        else:
            query[name] = value
    if mine:
        query["assignee"] = ["me"]
    if "search" in query:
        query["q"] = query.pop("search")
    if "overdue" in query:
        query["overdue"] = "true"
    if "sort" in query:
        query["sort"] = _SORTS[query["sort"]]
    return query


#: Options whose values are two words: what stands between, and how they are written.
_PAIRS = {
    "label": ("=", "is no label: write NAME=VALUE"),
    "link": (":", "names no link: write TYPE:NAME, such as asset:Rack 1"),
}


def _checked(option: str, given: object) -> str:
    text = str(given)
    if option in _PAIRS:
        between, words = _PAIRS[option]
        if not all(text.partition(between)):
            msg = f"--{option}: {text!r} {words}"
            raise InvalidError(msg, option)
    return text


#: Gives a command that has a parameter `query` the options above.
filtering = grouped("query", _OPTIONS, _gather)
