"""
Whether bytes are a Word document, judged by the archive's directory alone.

Nothing is decompressed. The central directory is held against the local headers that it
points to, so that two readers of the archive cannot see two different things in it, and
its entries must lie one behind the other: the bombs that share one compressed stream
between thousands of entries do not. What the directory declares is bounded.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

_END = b"PK\x05\x06"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_END_SHAPE = struct.Struct("<4s4H2LH")
_ENTRY_SHAPE = struct.Struct("<4s6H3L5H2L")
_LOCAL_SHAPE = struct.Struct("<4s5H3L2H")
#: A long report with a few hundred pictures has some hundred parts.
_MOST_ENTRIES = 2_000
_LONGEST_DIRECTORY = 512 * 1024
_LONGEST_NAME = 300
#: XML compresses to a tenth or a twentieth; only what was made to do so shrinks more.
_MOST_UNPACKED = 200 * 1024 * 1024
_LARGEST_RATIO = 100
#: Below this a ratio says nothing: an empty part may shrink to nearly nothing.
_SMALL = 256 * 1024
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _PIPED = 0x1, 0x8
#: Bits of the external attributes that say "symbolic link" where Unix made the archive.
_LINK_MASK, _LINK = 0o170000 << 16, 0o120000 << 16

_NEEDED = frozenset({"[content_types].xml", "word/document.xml"})
#: Macros, ActiveX, and what runs or unpacks when somebody opens it from inside.
_FORBIDDEN = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml)$|(^|/)activex/"
    r"|\.(zip|jar|7z|rar|gz|bz2|xz|tar|cab|iso|exe|dll|com|scr|msi|lnk|hta|bat|cmd|ps1|vbs?|vbe"
    r"|jse?|wsf|docm|dotm|xlsm|xlam|pptm|ppam)$"
)


@dataclass(frozen=True, slots=True)
class _Part:
    name: bytes
    flags: int
    method: int
    packed: int
    unpacked: int
    start: int
    attributes: int


class _MalformedError(Exception):
    """The directory is not what it says; the text says how."""


def why_no_docx(content: bytes) -> str | None:
    """Say why *content* is not taken for a DOCX; None: it is."""
    try:
        parts, directory = _directory(content)
        return _fault_of_names(parts) or _fault_of_sizes(parts) or _fault(content, parts, directory)
    except (_MalformedError, struct.error) as error:
        return str(error) if isinstance(error, _MalformedError) else "it is cut off"


def _directory(content: bytes) -> tuple[list[_Part], int]:
    # The record ends the file: whatever follows it would be seen by some readers only.
    at = content.rfind(_END, max(0, len(content) - _END_SHAPE.size - 0xFFFF))
    if at < 0:
        msg = "it has no directory"
        raise _MalformedError(msg)
    _, disk, first_disk, here, count, size, start, comment = _END_SHAPE.unpack_from(content, at)
    if disk or first_disk or here != count or at + _END_SHAPE.size + comment != len(content):
        msg = "its directory is not at its end"
        raise _MalformedError(msg)
    if count > _MOST_ENTRIES or size > _LONGEST_DIRECTORY:
        msg = f"it holds more than {_MOST_ENTRIES} entries"
        raise _MalformedError(msg)
    if start + size != at:
        msg = "something stands beside its directory"
        raise _MalformedError(msg)
    parts = list(_parts(content, start, at))
    if len(parts) != count:
        msg = "its directory does not hold as many entries as it says"
        raise _MalformedError(msg)
    return parts, start


def _parts(content: bytes, at: int, end: int) -> Iterator[_Part]:
    while at < end:
        field = _ENTRY_SHAPE.unpack_from(content, at)
        if field[0] != _ENTRY:
            msg = "its directory is damaged"
            raise _MalformedError(msg)
        flags, method, packed, unpacked = field[3], field[4], field[8], field[9]
        long_name, extra, comment, attributes, start = (*field[10:13], *field[15:17])
        at += _ENTRY_SHAPE.size
        yield _Part(
            content[at : at + long_name], flags, method, packed, unpacked, start, attributes
        )
        at += long_name + extra + comment


def _fault_of_names(parts: list[_Part]) -> str | None:
    seen = set()
    for part in parts:
        try:
            name = part.name.decode("utf-8").lower()
        except UnicodeDecodeError:
            return "an entry's name is not text"
        pieces = name.removesuffix("/").split("/")
        if (
            len(name) > _LONGEST_NAME
            or not name.isprintable()
            or "\\" in name
            or ":" in name
            or {"", ".", ".."} & set(pieces)
        ):
            return "an entry's name leads out of it"
        if name in seen:
            return "two of its entries have one name"
        if _FORBIDDEN.search(name):
            return "it holds macros, controls, programs or further archives"
        seen.add(name)
    return None if seen >= _NEEDED else "it lacks the parts of a document"


def _fault_of_sizes(parts: list[_Part]) -> str | None:
    if sum(part.unpacked for part in parts) > _MOST_UNPACKED:
        return f"it would unpack to more than {_MOST_UNPACKED // 1024**2} MiB"
    for part in parts:
        if part.flags & _ENCRYPTED:
            return "it is encrypted"
        if part.method not in {_STORED, _DEFLATED}:
            return "it is packed in a way that documents are not"
        if part.attributes & _LINK_MASK == _LINK:
            return "it holds a link"
        if part.unpacked > max(_SMALL, part.packed * _LARGEST_RATIO):
            return "it would unpack to far more than it is"
    return None


def _fault(content: bytes, parts: list[_Part], directory: int) -> str | None:
    """Hold the entries against the local headers, which must follow one another from 0."""
    at = 0
    for part in sorted(parts, key=lambda each: each.start):
        field = _LOCAL_SHAPE.unpack_from(content, part.start)
        long_name, extra = field[9], field[10]
        begins = part.start + _LOCAL_SHAPE.size
        if (
            field[0] != _LOCAL
            or content[begins : begins + long_name] != part.name
            or not _agrees(
                part, flags=field[2], method=field[3], packed=field[7], unpacked=field[8]
            )
        ):
            return "its directory does not tell what it holds"
        if part.start < at:
            return "its entries overlap"
        at = begins + long_name + extra + part.packed
    if parts and min(part.start for part in parts) != 0:
        return "something stands before its first entry"
    return "its entries overlap" if at > directory else None


def _agrees(part: _Part, *, flags: int, method: int, packed: int, unpacked: int) -> bool:
    """Whether a local header says of sizes and packing what the directory does."""
    # What was written to a pipe has its sizes behind the content, and none before it.
    is_piped = bool(flags & _PIPED) and (packed, unpacked) == (0, 0)
    same_sizes = (packed, unpacked) == (part.packed, part.unpacked)
    is_as_open = (flags ^ part.flags) & _ENCRYPTED == 0
    return method == part.method and is_as_open and (same_sizes or is_piped)
