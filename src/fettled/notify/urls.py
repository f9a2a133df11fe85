"""
URLs that the daemon calls of its own accord: secrets, and only where the rule lets them be.

What stands in the file is judged at the load, so far as it can be: an address that is
written out. What a name resolves to is judged at each connection, in `session`.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from fettled.notify.addresses import refusal


def _check(url: SecretStr) -> SecretStr:
    text = url.get_secret_value()
    try:
        parts = urlsplit(text)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or any(char <= " " for char in text):
        msg = "must be a URL such as https://hooks.example.org/x"
        raise ValueError(msg)
    return url


#: A URL whose path often is its password.
Url = Annotated[SecretStr, AfterValidator(_check)]


def has_login(url: SecretStr) -> bool:
    """Say whether a name or a password stands before the host."""
    return "@" in urlsplit(url.get_secret_value()).netloc


def check_address(url: SecretStr, *, allow_private: bool) -> None:
    """
    Judge what *url* itself tells of where it leads.

    Raises:
        ValueError: it must not be called.
    """
    parts = urlsplit(url.get_secret_value())
    if parts.scheme == "http" and not allow_private:
        msg = "has an http url, which others can read: use https, or set allow_private"
        raise ValueError(msg)
    host = parts.hostname or ""
    try:
        address = str(ipaddress.ip_address(host))
    except ValueError:
        if _is_shortened(host):
            msg = f"has an url that is refused: {host} is no address in full, such as 192.0.2.1"
            raise ValueError(msg) from None
        return  # a name: judged by what it resolves to
    refused = refusal(address, allow_private=allow_private)
    if refused is not None:
        msg = f"has an url that is refused: {refused}"
        raise ValueError(msg)


def _is_shortened(host: str) -> bool:
    """Say whether *host* is an address as only C reads it, or numbers that are none."""
    if all(char.isdecimal() or char == "." for char in host):
        return True
    try:
        socket.inet_aton(host)
    except (OSError, ValueError):
        return False
    return True
