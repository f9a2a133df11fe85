"""
Files that options name: whether they can be used, told where they are named.

Only what would be opened is looked at, and each file once. A command that needs nothing
but an address leaves this out: its user may not be the one who may read a private key.
No message repeats a name: the place shows it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from fettled.config.crosscheck import Tree, checks_of, mapping, mappings
from fettled.config.problems import Problem

_ENCRYPTED = "is encrypted"


def judge_files(data: Tree) -> Iterator[Problem]:
    """Yield every file named in *data* that cannot be used."""
    fault_of = lru_cache(maxsize=None)(_authorities_fault)
    for path, target in mappings(data, "targets"):
        for place, _, check in checks_of(path, target):
            file = check.get("ca_file")
            if isinstance(file, str) and _opens(check) and (fault := fault_of(file)):
                yield Problem((*place, "ca_file"), fault)
    for path, receiver in mappings(data, "receivers"):
        file = receiver.get("ca_file")
        if (
            isinstance(file, str)
            and receiver.get("security") != "none"
            and (fault := fault_of(file))
        ):
            yield Problem((*path, "ca_file"), fault)
    yield from _own_certificate(mapping(mapping(data.get("server")).get("tls")))


def _opens(check: Tree) -> bool:
    """Whether the check speaks TLS at all; tcp does when it is told to."""
    return check.get("type") != "tcp" or bool(check.get("tls") or check.get("starttls"))


def _authorities_fault(file: str) -> str | None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (OSError, ValueError) as error:
        return f"cannot be read as certificates ({_reason(error)}); name a readable PEM file"
    return None


def _own_certificate(tls: Tree) -> Iterator[Problem]:
    cert, key = tls.get("cert"), tls.get("key")
    unreadable = False
    for name, file in (("cert", cert), ("key", key)):
        if isinstance(file, str) and (fault := _reading_fault(file)):
            unreadable = True
            message = f"cannot be read ({fault}); name a readable PEM file"
            yield Problem(("server", "tls", name), message)
    if unreadable or not (isinstance(cert, str) and isinstance(key, str)):
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=_no_password)
    except (OSError, ValueError) as error:
        message = f"the two files cannot be used as certificate and key ({_reason(error)})"
        yield Problem(("server", "tls"), f"{message}; name a PEM certificate and its key")


def _reading_fault(file: str) -> str | None:
    try:
        with open(file, "rb") as opened:  # noqa: PTH123 - as OpenSSL opens it
            opened.read(1)
    except (OSError, ValueError) as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    """Say why in words of the system or of OpenSSL; neither quotes what is in a file."""
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not PEM").replace("_", " ").lower()
    if isinstance(error, OSError):
        return error.strerror or "unreadable"
    return "the key is encrypted" if str(error) == _ENCRYPTED else "its name is not valid"


def _no_password() -> Any:  # noqa: ANN401 - never gives anything
    # Else OpenSSL asks on the terminal, and a service would wait there for ever.
    raise ValueError(_ENCRYPTED)
