"""
What one line is: a title, a name, a label's value.

One rule for every door, since a line goes into lists, mails' subjects, log lines and CSV,
where a second one would be taken for something else. Longer texts have lines; they are not
judged here.
"""

from __future__ import annotations

import re

#: Whatever ends a line or moves a terminal: the control characters, and the two separators
#: that Unicode has beside them.
BREAKS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_BREAKS = re.compile(f"[{BREAKS}]")


def is_one_line(text: str) -> bool:
    """Whether *text* is one line, with nothing in it that is no character to see."""
    return not _BREAKS.search(text)


def on_one_line(text: str) -> str:
    """Give *text* as one line: what would end it is a blank."""
    return _BREAKS.sub(" ", text).strip()
