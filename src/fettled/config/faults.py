"""
Faults and where they stand: one line each, all of them at once, in the file's order.

A path is a tuple of keys and indexes, as it stands in its file. Nothing here may show
a value: a fault names a place, and the place shows the value to who may read the file.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]

#: Nobody reads further in one go, and a log line has an end.
MAX_SHOWN = 200

#: No option lies deeper.
_MOST_PARTS = 12

_SHOWABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,59}|\*|<<")

#: A few plain words in any script: the very name that is wrong. Marks that URLs, logins and
#: control sequences are made of are not among these.
_WORDS = re.compile(r"\w[\w ./'&+,()-]{0,39}")


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """
    What is wrong at one place.

    Attributes:
        file: as the operator named it.
        line, column: from 1; 0 when it concerns the file as a whole.
        path: as it is shown, such as `targets[3].check.url`; may be empty.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        """`file:line:column: path: message`, without what is not known."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


def show_path(path: Path) -> str:
    """Write *path* as `targets[3].check.url`; a key that may be a slip of a value is hidden."""
    text = ""
    for part in path[:_MOST_PARTS]:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += ("." if text else "") + show_key(part)
    return text + ("..." if len(path) > _MOST_PARTS else "")


def show_key(key: str) -> str:
    """*key* where it looks like one, else stars: people paste secrets into odd places."""
    return key if _SHOWABLE.fullmatch(key) or _WORDS.fullmatch(key) else "***"


def suggest(word: str, known: Iterable[str]) -> str:
    """`; did you mean X?` where one of *known* is close to *word*, else nothing."""
    names = [name for name in known if _SHOWABLE.fullmatch(name)]
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def render(faults: Iterable[Fault]) -> str:
    """Write *faults* a line each, each once, in the files' order."""
    lines = [str(fault) for fault in sorted(set(faults))]
    if len(lines) > MAX_SHOWN:
        lines[MAX_SHOWN:] = [f"and {len(lines) - MAX_SHOWN:,} more faults"]
    return "\n".join(lines)
