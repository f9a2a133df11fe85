"""
What things are called in the file: subjects, people, labels, titles, and words of the core.

Types only, for every section; what a name refers to is `crosscheck`'s.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from fettled.config.scalars import as_text
from fettled.core.lines import is_one_line


def _one_line(text: str) -> str:
    if not is_one_line(text):
        msg = "must be one line, without control characters"
        raise ValueError(msg)
    return text


SUBJECT_KEY = r"^[a-z0-9][a-z0-9._-]*$"
SubjectKey = Annotated[str, Field(pattern=SUBJECT_KEY, max_length=100)]
PersonName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$", max_length=100)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
#: Told in one line of a notification, and never cut there.
Runbook = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_one_line)]
#: Words of the core as a list in a file names them, as types: help and refusals name no others.
PriorityName = Literal["low", "medium", "high", "critical"]
LevelName = Literal["P1", "P2", "P3", "P4", "P5"]
SourceName = Literal["health_monitor", "user", "workflow", "api", "email", "portal", "phone"]
LabelName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=63)]
# Numbers are so common in labels that they are not left to a second judgement.
LabelValue = Annotated[
    str,
    Field(max_length=200),
    BeforeValidator(lambda value: value if (text := as_text(value)) is None else text),
    WithJsonSchema({"type": ["string", "number", "boolean"], "maxLength": 200}),
]
