"""
The configuration in force, fit to be shown: with every default, without any secret.

Three sieves, each of which would do for most: what is declared secret, or to be where a person
is reached, is masked by pydantic; what came from a variable, a file or a credential is masked
wherever it stands; and so is what stands under a telling name, or in the part of a URL where
passwords and tokens stand.
Templates are left out: what they hold is in the targets that use them, and is typed there.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fettled.config.schema import Settings

MASK = "***"
#: A value from elsewhere that is shorter is masked only where it stands alone.
_LEAST = 4
_TELLING = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|credential|authori[sz]ation|cookie|api[_-]?key|"
    r"private[_-]?key|^(bearer|basic|auth|send|body|dsn)$",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?:[^/?#\s@]*@)?(?P<rest>[^?#\s]*)(?P<tail>\S*)"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """
    A configuration that may be asked for later, packed: of 10,000 targets a few hundred kB.

    Attributes:
        packed: JSON in which only what is declared secret is masked; not to be shown as it is.
        elsewhere: values that came from variables, files and credentials.
    """

    packed: bytes = field(repr=False)
    elsewhere: frozenset[str] = field(repr=False)


def keep(settings: Settings, elsewhere: Iterable[str]) -> Kept:
    """Pack *settings*, whose values from *elsewhere* are not to be shown."""
    dumped = settings.model_dump_json(by_alias=True, exclude={"templates"}, exclude_none=True)
    return Kept(zlib.compress(dumped.encode(), 1), frozenset(elsewhere))


def show(kept: Kept) -> dict[str, Any]:
    """Unpack it, and mask what is secret; takes a second for a large fleet."""
    sieve = _Sieve(kept.elsewhere)
    shown: dict[str, Any] = sieve.mask(json.loads(zlib.decompress(kept.packed)))
    return shown


class _Sieve:
    """Masks values from elsewhere; a class for the index that all of its steps share."""

    def __init__(self, elsewhere: frozenset[str]) -> None:
        # As options may have changed them: hosts are lower case, many values stripped.
        self._whole = {form for each in elsewhere for form in (each.lower(), each.strip().lower())}
        self._whole.discard("")
        #: By their first characters: a fleet may have thousands of them.
        self._parts: dict[str, list[str]] = {}
        for each in sorted(self._whole, key=len, reverse=True):
            if len(each) >= _LEAST:
                self._parts.setdefault(each[:_LEAST], []).append(each)

    def mask(self, value: Any, key: str = "") -> Any:  # noqa: ANN401 -- JSON is what it is
        """Mask what is in *value*, which stands under *key*."""
        match value:
            case dict():
                # What is below a telling name (`auth: {...}`) is judged by its own names.
                return {self._text(name): self.mask(item, name) for name, item in value.items()}
            case list():
                return [self.mask(item, key) for item in value]
            case str():
                return MASK if value and _TELLING.search(key) else self._text(value)
            case bool() | None:
                return value
            case _:
                # A number from elsewhere may be a PIN.
                return MASK if str(value) in self._whole else value

    def _text(self, text: str) -> str:
        lower = text.lower()
        if lower in self._whole:
            return MASK
        if len(lower) != len(text):  # few letters grow; then places do not fit any more
            return (
                MASK
                if any(part in lower for some in self._parts.values() for part in some)
                else text
            )
        masked, place = "", 0
        while place < len(text):
            found = self._parts.get(lower[place : place + _LEAST], ())
            part = next((each for each in found if lower.startswith(each, place)), None)
            masked += text[place] if part is None else MASK
            place += 1 if part is None else len(part)
        return _URL.sub(_without_secrets, masked)


def _without_secrets(match: re.Match[str]) -> str:
    """Keep scheme, host and path of a URL; who logs in, and what is asked, is masked."""
    login = f"{MASK}@" if "@" in match[0][: match.start("rest") - match.start()] else ""
    tail = match["tail"][:1] + MASK if match["tail"] else ""
    return f"{match['scheme']}{login}{match['rest']}{tail}"
