"""
Templates that are ready to use, one file each, and what each needs.

Written in the language that everybody's own templates have, so each is also an example.
What the other side asks of a body is its file's to keep, and is tested against its rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Ready:
    """
    A ready template.

    Attributes:
        needs: names that must be among the receiver's `values`.
    """

    file: str
    needs: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Read it."""
        return files(__name__).joinpath(self.file).read_text(encoding="utf-8")


READY: Mapping[str, Ready] = {
    "slack": Ready("slack.j2"),
    "teams": Ready("teams.j2"),
    "pagerduty": Ready("pagerduty.j2", ("routing_key",)),
    "ntfy": Ready("ntfy.j2", ("topic",)),
    "alertmanager": Ready("alertmanager.j2"),
}
