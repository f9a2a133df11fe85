"""
What stands in the configuration of an HTTP probe, and what it means.

Apart from the probe, since the exchange and the judgement read the options too.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from fettled.options import (
    HeaderName,
    HeaderValue,
    Host,
    Login,
    OneOrMany,
    Options,
    PositiveDuration,
    check_host,
)
from fettled.probes.patterns import check_regex

_MIB = 1_048_576


def _check_url(text: str) -> str:
    """Messages never repeat the text: it may hold a secret."""
    text = text.strip()
    if any(char <= " " for char in text):
        msg = "holds a blank: a URL has none, write %20 for it"
        raise ValueError(msg)
    try:
        parts = urlsplit(text)
        name, _ = parts.hostname, parts.port
    except ValueError:
        msg = "is not a URL: write one such as https://www.example.org/health"
        raise ValueError(msg) from None
    if parts.scheme not in {"http", "https"} or not name:
        msg = "is not an http or https URL: write one such as https://www.example.org/health"
        raise ValueError(msg)
    if parts.username is not None or parts.password is not None:
        msg = "holds a user name or password: write them under auth: {basic: {...}} instead"
        raise ValueError(msg)
    check_host(name)
    return text


Url = Annotated[str, AfterValidator(_check_url)]


def _check_proxy(url: str) -> str:
    if not url.lower().startswith("http:"):
        msg = "is an https URL: a proxy is spoken to over http, write one such as http://proxy:3128"
        raise ValueError(msg)
    return url


ProxyUrl = Annotated[Url, AfterValidator(_check_proxy)]


def _check_status(value: int | str) -> int | str:
    if isinstance(value, int):
        right = 100 <= value <= 599  # noqa: PLR2004 - the codes HTTP knows
    else:
        low, dash, high = value.strip().partition("-")
        right = bool(re.fullmatch(r"[1-5](xx|\d\d)", low)) and (
            not dash or ("x" not in low and bool(re.fullmatch(r"[1-5]\d\d", high)) and low <= high)
        )
    if not right:
        msg = 'is not a status: write a code such as 200, or "2xx", or "200-299"'
        raise ValueError(msg)
    return value


Status = Annotated[int | str, AfterValidator(_check_status)]


Pattern = Annotated[str, Field(max_length=1000), AfterValidator(check_regex)]


class HttpAuth(Options):
    """How to log in: one of the two."""

    basic: Login | None = Field(None, description="User name and password.")
    bearer: HeaderValue | None = Field(None, description="Token.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.basic is None) == (self.bearer is None):
            msg = "needs exactly one of basic and bearer"
            raise ValueError(msg)
        return self


class JsonAssertion(Options):
    """One value in a JSON body."""

    path: str = Field(
        min_length=1,
        description="Dotted (`data.0.ok`) or JSON pointer (`/data/0/ok`); `$` is the whole body.",
    )
    op: Literal["==", "!=", "<", "<=", ">", ">=", "contains", "exists"] = Field(
        "==", description="How to compare."
    )
    value: str | int | float | bool | None = Field(None, description="What to compare with.")

    @model_validator(mode="after")
    def _value_is_given(self) -> Self:
        given = "value" in self.model_fields_set
        if self.op == "exists" and given and not isinstance(self.value, bool):
            msg = "exists takes true or false as its value, or none"
            raise ValueError(msg)
        if self.op != "exists" and not given:
            msg = "needs a value to compare with"
            raise ValueError(msg)
        return self


class HttpExpect(Options):
    """What the answer must be."""

    status: OneOrMany[Status] = Field(("2xx",), min_length=1, description="Codes that are right.")
    contains: OneOrMany[str] = Field((), description="Texts that the body must contain.")
    not_contains: OneOrMany[str] = Field((), description="Texts that it must not contain.")
    regex: Pattern | None = Field(None, description="RE2 pattern to find in it.")
    headers: dict[HeaderName, str] = Field(
        default_factory=dict, description="Headers that must contain these texts."
    )
    json_: OneOrMany[JsonAssertion] = Field((), alias="json", description="Values in the body.")
    latency: PositiveDuration | None = Field(None, description="Slower than this is degraded.")

    @property
    def needs_body(self) -> bool:
        """Whether anything is asked of the body."""
        return bool(self.contains or self.not_contains or self.regex is not None or self.json_)


class HttpOptions(Options):
    """What to ask, and what to expect of the answer."""

    type: Literal["http"]
    url: Url = Field(description="http or https URL, without user name.")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        "GET", description="Method."
    )
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, description="Headers to send; their values are secrets."
    )
    auth: HttpAuth | None = Field(None, description="Login to send.")
    body: SecretStr | None = Field(None, description="Body to send; a secret.")
    expect: HttpExpect = Field(default_factory=HttpExpect, description="What the answer must be.")
    forbidden: Literal["status", "auth"] = Field(
        "status", description="Whether an unexpected 403 means a wrong status or wrong credentials."
    )
    family: Literal["any", "ipv4", "ipv6"] = Field("any", description="Addresses to use.")
    verify: bool = Field(default=True, description="Verify the certificate's chain and name.")
    ca_file: str | None = Field(
        None, description="PEM file of authorities instead of the system's."
    )
    server_name: Host | None = Field(None, description="Name in the certificate; default: host.")
    redirects: Annotated[int, Field(ge=0, le=3)] = Field(0, description="How many to follow.")
    proxy: ProxyUrl | None = Field(
        None, description="http URL of a proxy; none from the environment."
    )
    proxy_auth: Login | None = Field(None, description="Login to the proxy.")
    decode: bool = Field(default=False, description="Ask for gzip or deflate, and decode it.")
    max_body: Annotated[int, Field(ge=0, le=64 * _MIB)] = Field(
        _MIB, description="Bytes of the body to read, on the wire and decoded."
    )

    @model_validator(mode="after")
    def _login_is_given_once(self) -> Self:
        if self.auth and any(name.lower() == "authorization" for name in self.headers):
            msg = "auth and an Authorization header exclude each other: keep one"
            raise ValueError(msg)
        if self.proxy_auth and not self.proxy:
            msg = "proxy_auth holds for a proxy only: name the proxy too"
            raise ValueError(msg)
        return self

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Leave out what follows the path of a URL: it may be a token."""
        for name, value in super().__repr_args__():
            is_url = name in {"url", "proxy"} and isinstance(value, str)
            yield name, shown_url(value) if is_url else value


def shown_url(url: str) -> str:
    """*url* without its query and fragment, fit for messages."""
    parts = urlsplit(url)
    return parts._replace(query="", fragment="", netloc=parts.netloc.rpartition("@")[2]).geturl()


def basic_header(login: Login) -> str:
    """Write *login* as HTTP sends it."""
    text = f"{login.username.get_secret_value()}:{login.password.get_secret_value()}"
    return "Basic " + b64encode(text.encode()).decode()


def is_expected(expected: Iterable[int | str], status: int) -> bool:
    """Whether *status* is among *expected*: codes, `2xx`, `200-299`."""
    for item in expected:
        low, dash, high = str(item).partition("-")
        bounds = (low, high) if dash else (low.replace("x", "0"), low.replace("x", "9"))
        if int(bounds[0]) <= status <= int(bounds[1]):
            return True
    return False
