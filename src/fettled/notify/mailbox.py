"""
Addresses of people: read once, when they are configured, so that a header is never a surprise.

`ann@example.org` or `Ann Smith <ann@example.org>`. Domains of other scripts become what the
network knows them by; local parts of other scripts stay, for servers that take them.
"""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry
from typing import Annotated, Any

from pydantic import AfterValidator

from fettled.options import check_host

_LONGEST_LOCAL = 64
#: What a local part may have besides letters and digits without being quoted.
_ATOM = frozenset("!#$%&'*+-/=?^_`{|}~.")


def address_of(text: str) -> Address:
    """
    Read one address.

    Raises:
        ValueError: it is none, or more than one.
    """
    msg = "is not a mail address: write ann@example.org or Ann Smith <ann@example.org>"
    if not text.isprintable():
        raise ValueError(msg)
    try:
        header: Any = HeaderRegistry()("to", text.strip())
    except (MessageError, ValueError, IndexError):
        raise ValueError(msg) from None  # the parser stumbles over some texts
    if len(header.addresses) != 1 or header.groups[0].display_name is not None:
        raise ValueError(msg)
    (found,) = header.addresses
    local, plain = found.username, found.addr_spec
    # The parser leaves out what it does not understand.
    is_whole = text.strip() == plain or text.strip().endswith(f"<{plain}>")
    if not is_whole or not _is_local(local) or not found.domain or found.domain.startswith("["):
        raise ValueError(msg)
    return Address(found.display_name, local, check_host(found.domain))


def _is_local(text: str) -> bool:
    return (
        0 < len(text) <= _LONGEST_LOCAL
        and all(c.isalnum() or c in _ATOM for c in text)
        and all(text.split("."))
    )


def _check(text: str) -> str:
    return str(address_of(text))


#: A mail address, with the name of whom it belongs to perhaps.
Mailbox = Annotated[str, AfterValidator(_check)]
