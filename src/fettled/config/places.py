"""
Where each key and value of one YAML file stands.

Filled by `document` in a second reading, which happens only when there is a fault to
tell: keeping 250,000 places of a file without faults would be memory for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fettled.config.faults import Path

#: Line and column, from 1.
Mark = tuple[int, int]

_MOST_REDIRECTS = 50


@dataclass(slots=True)
class Places:
    """
    Marks by path.

    Attributes:
        keys, values: where the key, and where its value, begins.
        redirects: from the path of an alias to that of its anchor.
    """

    keys: dict[Path, Mark] = field(default_factory=dict)
    values: dict[Path, Mark] = field(default_factory=dict)
    redirects: dict[Path, Path] = field(default_factory=dict)

    def find(self, path: Path, at: Literal["key", "value"]) -> Mark:
        """Where *path* stands, or the nearest thing around it that stands anywhere."""
        path = self._follow(path)
        marks = self.keys if at == "key" else self.values
        while path and path not in marks:
            path = path[:-1]
            marks = self.values
        return marks.get(path) or self.values.get(path, (1, 1))

    def _follow(self, path: Path) -> Path:
        """Go from inside an alias to inside its anchor."""
        for _ in range(_MOST_REDIRECTS):
            if path in self.values:
                break
            for cut in range(len(path), 0, -1):
                anchor = self.redirects.get(path[:cut])
                if anchor is not None:
                    path = anchor + path[cut:]
                    break
            else:
                break
        return path
