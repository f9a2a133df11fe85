"""
Whom a notifier trusts over TLS: the system's authorities, or those of a file.

Contexts are shared, for making one takes 25 ms and a person each has a notifier.
"""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path

from fettled.core.errors import InvalidError


def context(*, verify: bool, ca_file: str | None) -> ssl.SSLContext:
    """
    Give the context for these options; a file that changed is read again.

    Raises:
        InvalidError: *ca_file* cannot be used.
    """
    try:
        stamp = Path(ca_file).stat().st_mtime_ns if ca_file else 0
        return _make(verify, ca_file, stamp)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no certificates in it"
        msg = f"cannot be read as certificates ({reason}); name a readable PEM file"
        raise InvalidError(msg, "ca_file") from None


@lru_cache(maxsize=32)
def _make(verify: bool, ca_file: str | None, _stamp: int) -> ssl.SSLContext:  # noqa: FBT001 -- a cache's key
    made = ssl.create_default_context(cafile=ca_file)
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made
