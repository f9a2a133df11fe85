"""
What one line is: a title, a name, a label's value.

One rule for every door, since a line goes into lists, mails' subjects, log lines and CSV,
where a second one would be taken for something else. Longer texts have lines; they are not
judged here, and only made one where somebody is to be told in a line.
"""

from __future__ import annotations

import re
import unicodedata

#: Whatever ends a line or moves a terminal: the control characters, and the two separators
#: that Unicode has beside them.
BREAKS = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_BREAKS = re.compile(f"[{BREAKS}]")
#: Control, format (bidi, zero width), surrogate, private, unassigned, line separators.
_UNFIT = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Of what is longer than the limit so many times as much is looked at: blanks shrink.
_MARGIN = 8


def is_fit(char: str) -> bool:
    """Whether a character is one to see: no control, no mark that turns or hides text."""
    return unicodedata.category(char) not in _UNFIT


def in_lines(text: str) -> str:
    """Put blanks for whatever is unprintable in *text*, but for the ends of its lines."""
    return "".join(char if char == "\n" or is_fit(char) else " " for char in text)


def is_one_line(text: str) -> bool:
    """Whether *text* is one line, with nothing in it that is no character to see."""
    return not _BREAKS.search(text)


def in_one_line(text: str, limit: int) -> str:
    """Put *text* on one line of at most *limit* characters, free of anything unprintable."""
    # Cut before the loop too: the text may be a whole body.
    cut = text[: limit * _MARGIN]
    fit = "".join(char if is_fit(char) else " " for char in cut)
    line = " ".join(fit.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"
