"""
Takes a `multipart/form-data` body apart while it arrives.

Own code, since what there is decodes what nobody sends (nested parts, base64, charsets)
and says through warnings what is wrong. Here a body is parts between boundaries, each a
few header lines and its bytes; everything is bounded, and every other shape is malformed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from email.parser import HeaderParser
from email.utils import collapse_rfc2231_value
from typing import NoReturn

from fettled.web.problems import BODY, Fault, Problem

_LONGEST_HEAD = 8 * 1024
_MOST_PARTS = 20
#: What says nothing: bytes as they are.
_PLAIN = {"binary", "8bit", "7bit"}


@dataclass(slots=True)
class Part:
    """One part: the field it is for, the file's name if it is one, and its bytes."""

    name: str
    filename: str | None
    content: bytearray = field(default_factory=bytearray)


class Form:
    """
    The parts of a body, fed as it arrives.

    Args:
        boundary: from the Content-Type.
        most: bytes in one part.
    """

    def __init__(self, boundary: str, most: int) -> None:
        self._delimiter = b"\r\n--" + boundary.encode("latin-1")
        self._most = most
        # The first boundary stands at the very beginning, without a line before it.
        self._rest = bytearray(b"\r\n")
        self._part: Part | None = None
        self._is_in_head = self._is_over = False
        self.parts: list[Part] = []

    def feed(self, piece: bytes) -> None:
        """
        Take the next bytes.

        Raises:
            Problem: 400 if they cannot be a form's, 413 if a part is too large.
        """
        if self._is_over:
            return  # what follows the last boundary means nothing
        self._rest += piece
        while not self._is_over and (self._head() if self._is_in_head else self._content()):
            pass

    def finish(self) -> list[Part]:
        """Give the parts, now that the body has ended; raises as `feed`."""
        if not self._is_over:
            _refuse("it ends before its last boundary")
        return self.parts

    def _content(self) -> bool:
        """Take bytes up to the next boundary; whether there is more to do."""
        at = self._rest.find(self._delimiter)
        if at < 0:
            # A boundary may have begun in the last bytes.
            self._keep(len(self._rest) - len(self._delimiter) + 1)
            return False
        follows = bytes(self._rest[at + len(self._delimiter) :][:2])
        if len(follows) < 2:  # noqa: PLR2004 - a line's end, or two dashes
            self._keep(at)
            return False
        if follows not in {b"\r\n", b"--"}:
            _refuse("its boundary stands within it")
        self._keep(at)
        del self._rest[: len(self._delimiter) + 2]
        self._part = None
        self._is_over = follows == b"--"
        self._is_in_head = not self._is_over
        return True

    def _keep(self, count: int) -> None:
        if count <= 0:
            return
        if self._part is None:
            _refuse("something stands before its first boundary")
        self._part.content += self._rest[:count]
        del self._rest[:count]
        if len(self._part.content) > self._most:
            raise too_large(self._part.name, self._most)

    def _head(self) -> bool:
        """Take a part's header lines; whether there is more to do."""
        # Without any header line, too, there is an empty line.
        end = self._rest.find(b"\r\n\r\n")
        if end < 0 and len(self._rest) <= _LONGEST_HEAD:
            return False
        if end < 0 or end > _LONGEST_HEAD or len(self.parts) == _MOST_PARTS:
            _refuse("it has too many parts, or too long header lines")
        self._part = _read_head(bytes(self._rest[:end]))
        self.parts.append(self._part)
        # The line's end stays: the next boundary may follow at once.
        del self._rest[: end + 4]
        self._is_in_head = False
        return True


def too_large(name: str, most: int) -> Problem:
    """Make the problem of a file that is too large."""
    detail = f"is larger than {most // 1024**2} MiB"
    close = {"Connection": "close"}
    return Problem(413, f"{name[:100]}: {detail}", [Fault(name, detail)], headers=close)


def _read_head(head: bytes) -> Part:
    try:
        lines = HeaderParser().parsestr(head.decode("utf-8"), headersonly=True)
    except UnicodeDecodeError:
        _refuse("its header lines are not UTF-8")
    encoding = str(lines.get("Content-Transfer-Encoding", "binary")).strip().lower()
    if lines.get_content_disposition() != "form-data" or encoding not in _PLAIN:
        _refuse("a part is not plain form-data")
    name = _parameter(lines, "name")
    if name is None:
        _refuse("a part has no name")
    return Part(name, _parameter(lines, "filename"))


def _parameter(lines: Message, name: str) -> str | None:
    value = lines.get_param(name, header="content-disposition")
    return None if value is None else collapse_rfc2231_value(value)


def _refuse(how: str) -> NoReturn:
    detail = f"is not a form: {how}"
    raise Problem(400, f"the body {detail}", [Fault(BODY, detail)], {"Connection": "close"})
