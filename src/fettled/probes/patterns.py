"""
Regular expressions, by RE2: its time is linear in the text, Python's own may take for ever.

Apart from the judgement that uses them, since the options are validated by it too, which
must not load an HTTP client.
"""

from __future__ import annotations

from collections.abc import Callable

_BYTES = 8_388_608

#: Whether the pattern is found in the body.
Regex = Callable[[bytes], bool]


def compile_regex(pattern: str) -> Regex:
    """
    Compile *pattern*.

    Raises:
        ValueError: it is not a pattern RE2 knows.
    """
    import re2  # type: ignore[import-untyped]  # noqa: PLC0415 - untyped; only for those who use it

    settings = re2.Options()
    settings.log_errors = False
    settings.max_mem = _BYTES
    settings.encoding = re2.Options.Encoding.UTF8
    try:
        compiled = re2.compile(pattern, settings)
    except re2.error:
        msg = "is not a regular expression that RE2 knows (no look-around, no back-references)"
        raise ValueError(msg) from None
    return lambda body: compiled.search(body) is not None


def check_regex(pattern: str) -> str:
    """Give *pattern* back; ValueError when it cannot be compiled."""
    compile_regex(pattern)
    return pattern
