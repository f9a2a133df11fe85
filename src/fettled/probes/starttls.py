"""
Asking for TLS in the words of SMTP, IMAP and POP3.

A table of what to hear, say and hear again; nothing else of these protocols.
"""

from __future__ import annotations

from dataclasses import dataclass

from fettled.core.observations import Reason
from fettled.probes.progress import reach
from fettled.probes.verdicts import ProbeFailedError, down
from fettled.probes.wire import Wire


@dataclass(frozen=True, slots=True)
class _Turn:
    """
    One line said, and the answer to it.

    Attributes:
        say: None: the server speaks first.
        good: what the answer's last line starts with.
        more: what an answer's line starts with that is not its last.
    """

    say: bytes | None
    good: bytes
    more: bytes = b"\0"


_TURNS = {
    "smtp": (
        _Turn(None, b"220 ", b"220-"),
        _Turn(b"EHLO fettled.invalid\r\n", b"250 ", b"250-"),
        _Turn(b"STARTTLS\r\n", b"220"),
    ),
    "imap": (_Turn(None, b"* OK"), _Turn(b"a STARTTLS\r\n", b"a OK", b"* ")),
    "pop3": (_Turn(None, b"+OK"), _Turn(b"STLS\r\n", b"+OK")),
}


async def ask(wire: Wire, protocol: str) -> None:
    """
    Bring *wire* to where the handshake may begin.

    Raises:
        ProbeFailedError: the server answers something else; down (protocol).
    """
    for turn in _TURNS[protocol]:
        reach(f"asking for TLS ({protocol})")
        if turn.say is not None:
            wire.send(turn.say)
        while True:
            line = await wire.until(_line)
            del wire.buffer[: len(line)]
            if line.startswith(turn.more):
                continue
            if not line.startswith(turn.good):
                text = f"the server does not offer TLS in the words of {protocol}"
                raise ProbeFailedError(down(Reason.PROTOCOL, text))
            break


def _line(buffer: bytearray) -> bytes | None:
    end = buffer.find(b"\n")
    return None if end < 0 else bytes(buffer[: end + 1])
