"""
The brake on mass removal: when too much of the fleet is gone at once to be believed.

A file that was cut short, or a discovery that answered half, looks like many targets that
were removed. What was removed loses its condition and its ticket, so that is not believed
before somebody confirms it, or the same answer has come three times in a row. Pure: what
is gone is counted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

#: So many may always go; of a small fleet any share.
MOST_GONE = 10
#: And so large a share.
MOST_SHARE = 0.2
#: The same answer so many times in a row is believed.
ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Shrunk:
    """
    An answer that is not believed yet.

    Attributes:
        gone, of: so many of so many subjects.
        answers: how many times in a row the same ones have been gone.
    """

    gone: int
    of: int
    answers: int = 1

    def __str__(self) -> str:
        """Say it in figures, without a name."""
        return f"{self.gone:,} of {self.of:,} subjects"


def is_doubtful(gone: int, of: int) -> bool:
    """Whether *gone* of *of* subjects are too many to be believed at once."""
    return gone > MOST_GONE and gone > MOST_SHARE * of


def signature(subjects: Iterable[str]) -> int:
    """Tell one set of subjects from another by a number that a database's integer holds."""
    text = "\n".join(sorted(subjects)).encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:7])
