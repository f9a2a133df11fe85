"""
Reading the configuration: from a path to settings, or to every fault in it at once.

Places are sought only when there is a fault: then the same text is parsed again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from fettled.clock import SystemClock
from fettled.config.alert_faults import alert_problems
from fettled.config.alert_notes import alert_notes
from fettled.config.assemble import Assembly, assemble
from fettled.config.catalogue_faults import catalogue_problems
from fettled.config.crosscheck import crosscheck
from fettled.config.faults import render
from fettled.config.interpolation import Sources
from fettled.config.name_notes import name_notes
from fettled.config.named_files import judge_files
from fettled.config.notes import take_notes
from fettled.config.people_faults import people_problems
from fettled.config.people_notes import people_notes
from fettled.config.problems import Problem
from fettled.config.quiet_faults import quiet_notes, quiet_problems
from fettled.config.reach import take_placed_notes
from fettled.config.reading import read_text
from fettled.config.receiver_faults import receiver_problems
from fettled.config.receiver_notes import receiver_notes
from fettled.config.schema import Settings
from fettled.config.validation import validate
from fettled.config.workflow_faults import workflow_problems
from fettled.config.workflow_notes import workflow_notes
from fettled.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    A configuration that can be used.

    Attributes:
        notes: what is legal and yet may surprise, one sentence each.
        files: all that were read, the named one first.
        digests: the SHA-256 of each file's text, by its path.
        elsewhere: values that came from variables, files and credentials.
    """

    settings: Settings
    notes: tuple[str, ...]
    files: tuple[Path, ...]
    digests: Mapping[str, str] = field(default_factory=dict)
    elsewhere: frozenset[str] = field(default=frozenset(), repr=False)


def load(
    path: Path | str,
    environment: Mapping[str, str] | None = None,
    *,
    with_files: bool = True,
    now: datetime | None = None,
    is_part: bool = False,
) -> Loaded:
    """
    Read and validate the configuration at *path*.

    Args:
        path: errors call the file by it.
        environment: where `${VAR}` is looked up; the process's own by default.
        with_files: whether the files that options name must be usable, too.
        now: by which silences are over, or too long; wall time by default.
        is_part: whether the file may leave out the targets that its alarms are about.

    Raises:
        ConfigError: it cannot be used; one line for each fault.
    """
    shown, path = str(path), Path(path).absolute()
    sources = Sources(os.environ if environment is None else environment, path.parent)
    texts: dict[Path, str] = {}

    def read(file: Path, name: str) -> str:
        # A second pass must see what the first one saw.
        if file not in texts:
            texts[file] = read_text(file, name)
        return texts[file]

    now = SystemClock().wall() if now is None else now
    joined = assemble(path, shown, read, sources)
    settings = validate(joined.data)
    problems = [*joined.problems, *crosscheck(joined.data), *quiet_problems(joined.data, now)]
    problems += catalogue_problems(joined.data)
    problems += alert_problems(joined.data, is_part=is_part)
    problems += people_problems(joined.data)
    problems += workflow_problems(joined.data)
    problems += receiver_problems(joined.data)
    if with_files:
        problems += judge_files(joined.data)
    if isinstance(settings, list):
        problems += settings
    if problems or joined.faults or isinstance(settings, list):
        _tell(assemble(path, shown, read, sources, places=True), problems)
    noted = [*quiet_notes(settings, joined.data, now), *take_placed_notes(settings)]
    noted += people_notes(settings, now)
    noted += receiver_notes(settings)
    noted += alert_notes(settings)
    noted += name_notes(joined.data)
    noted += workflow_notes(settings)
    if noted:
        placed = assemble(path, shown, read, sources, places=True)
        noted_at = list(map(str, sorted(map(placed.locate, noted))))
    else:
        noted_at = []
    files = tuple(part.path for part in joined.parts)
    return Loaded(
        settings,
        (*joined.notes, *take_notes(settings), *noted_at),
        files,
        {str(file): sha256(texts[file].encode()).hexdigest() for file in files if file in texts},
        frozenset(sources.taken),
    )


def _tell(joined: Assembly, problems: list[Problem]) -> NoReturn:
    """Raise all faults, with their places; a value that could not be had is told of once."""
    had = {(fault.file, fault.line, fault.column) for fault in joined.faults}
    located = [joined.locate(problem) for problem in problems]
    told = [fault for fault in located if (fault.file, fault.line, fault.column) not in had]
    raise ConfigError(render([*joined.faults, *told]))
