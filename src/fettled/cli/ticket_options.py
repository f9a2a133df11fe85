"""
The fields of a ticket as options, and as the body that the API takes.

Which values there are beyond the product's own words is the catalogue's to say, and so
judged by the daemon.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from fettled.cli.completing import complete_subjects
from fettled.cli.moments import ago
from fettled.cli.reaching import grouped
from fettled.core.errors import InvalidError
from fettled.core.words import Impact, Level, Ownership, Priority, Severity, Urgency


def field(help_text: str, *names: str, **more: Any) -> Any:  # noqa: ANN401 - typer's own annotation value
    """Make an option for a field."""
    return typer.Option(*names, help=help_text, show_default=False, **more)


_OPTIONS: dict[str, Any] = {
    "description": Annotated[str | None, field("What is known, markdown; '-' reads stdin.")],
    "subject": Annotated[
        str | None,
        field("The key of the subject that it is about.", autocompletion=complete_subjects),
    ],
    "kind": Annotated[str | None, field("Its kind.")],
    "priority": Annotated[
        Priority | None, field("How urgent; else it follows from level, impact and urgency.")
    ],
    "level": Annotated[Level | None, field("P1 to P5, which settles the priority, too.")],
    "severity": Annotated[Severity | None, field("How grave it is technically.")],
    "impact": Annotated[Impact | None, field("Who is affected.")],
    "urgency": Annotated[Urgency | None, field("How soon it matters.")],
    "category": Annotated[str | None, field("Such as hardware, software, network or access.")],
    "ownership": Annotated[Ownership | None, field("How it came to be known.")],
    "region": Annotated[str | None, field("Where.")],
    "project": Annotated[str | None, field("For which project.")],
    "application": Annotated[str | None, field("Which application.")],
    "interrupted": Annotated[
        bool | None,
        field("Whether a service is down.", "--interrupted/--not-interrupted"),
    ],
    "occurred": Annotated[
        str | None, field("When it began: how long ago, such as 2h, or a time.", metavar="TIME")
    ],
    "label": Annotated[
        list[str] | None, field("A label. May be given more than once.", metavar="NAME=VALUE")
    ],
}
_NAMES = {"interrupted": "service_interrupted", "occurred": "occurred_at", "label": "labels"}


def _gather(**given: Any) -> dict[str, Any]:  # noqa: ANN401 - the values of the options
    """
    Make the body's fields of the options that were given.

    Raises:
        InvalidError: one cannot be read.
    """
    read: dict[str, Callable[[Any], object]] = {
        "description": lambda text: sys.stdin.read().rstrip("\n") if text == "-" else text,
        "occurred": lambda text: ago(text, "--occurred").isoformat(),
        "label": _labels,
    }
    return {
        _NAMES.get(name, name): read[name](value) if name in read else value
        for name, value in given.items()
        if value is not None and value != []
    }


def _labels(given: list[str]) -> dict[str, str]:
    labels: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            msg = f"--label: {each!r} is no label: write NAME=VALUE"
            raise InvalidError(msg, "label")
        labels[name] = value
    return labels


#: Gives a command that has a parameter `fields` the options above.
filing = grouped("fields", _OPTIONS, _gather)
