"""
The words of a text, as they are kept and asked for: one rule for both databases.

Pure. Letters and digits make words, whatever else stands between them; accents and case
are forgotten. So nothing that a person types ever reaches a database's own language.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

#: Longer words are cut, kept and asked for alike.
_LONGEST = 40
#: A ticket is found by so many different words, the first ones.
_MOST_KEPT = 2_000
#: Whoever asks for more than so many means none.
MOST_ASKED = 32
_RUNS = re.compile(r"[a-z0-9]+")
#: Letters, digits and numbers of any script; without the underscore.
_ANY_RUNS = re.compile(r"[^\W_]+")


def words_of(text: str) -> list[str]:
    """Give the different words of *text*, in their order."""
    if text.isascii():
        found = _RUNS.findall(text.lower())
    else:
        apart = unicodedata.normalize("NFKD", text.casefold())
        plain = "".join(char for char in apart if not unicodedata.combining(char))
        # Folded once more: taking letters apart can bring capitals to light.
        found = _ANY_RUNS.findall(plain.casefold())
    return list(dict.fromkeys(word[:_LONGEST] for word in found))


def kept_words(texts: Iterable[str | None]) -> str:
    """Give the words of all *texts* as they are kept: once each, with a space between."""
    found = words_of(" ".join(text for text in texts if text))
    return " ".join(found[:_MOST_KEPT])


def match(kept: str, asked: list[str]) -> bool:
    """Whether all of *asked* are among what is *kept*, the last one as a beginning."""
    words = kept.split(" ")
    *whole, begun = asked
    return {*whole} <= {*words} and any(word.startswith(begun) for word in words)
