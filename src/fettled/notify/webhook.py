"""
The notifier `webhook`: sent by HTTP, signed, and judged by the status alone.

What the answer's body says is not asked: it would have to be read, and whoever sends ten
gigabytes, or a byte a second, has answered already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator

from fettled.core.deliveries import Tried
from fettled.notify import signing, urls
from fettled.notify.bodies import BodyOptions, render_of
from fettled.notify.body import Render, json_body
from fettled.notify.doors import Doors
from fettled.options import HeaderName, HeaderValue, OneOrMany
from fettled.ports.notify import Telling

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL


def _check_secret(secret: SecretStr) -> SecretStr:
    signing.key_of(secret.get_secret_value())
    return secret


#: Whom a message to a person is for.
_CONTACT = "X-Fettled-Contact"
#: What each message has of us, or of HTTP: of a value beside it nobody would hear.
_OURS = frozenset(
    {
        *("webhook-id", "webhook-timestamp", "webhook-signature", _CONTACT.lower()),
        *("host", "content-length", "transfer-encoding", "connection"),
    }
)


def _check_name(name: str) -> str:
    if name.lower() in _OURS:
        msg = "is a header that each message has from fettled itself: leave it out"
        raise ValueError(msg)
    return name


class WebhookOptions(BodyOptions):
    """POST to a URL, signed after Standard Webhooks."""

    type: Literal["webhook"]
    url: urls.Url = Field(description="Where to; https, unless `allow_private` is set.")
    secret: OneOrMany[Annotated[SecretStr, AfterValidator(_check_secret)]] = Field(
        (),
        description="Secret that messages are signed with, `whsec_...`; several while one is"
        " being changed, the newest first.",
    )
    headers: Annotated[
        dict[Annotated[HeaderName, AfterValidator(_check_name)], HeaderValue],
        Field(max_length=50),
    ] = Field(
        {},
        description="Header fields sent along; no `Authorization` beside a login in `url`, and "
        "none that each message has anyway, such as `webhook-id` and `Host`.",
    )
    allow_private: bool = Field(
        default=False,
        description="Whether private addresses, loopback and http may be reached.",
    )

    @model_validator(mode="after")
    def _check_address(self) -> WebhookOptions:
        urls.check_address(self.url, allow_private=self.allow_private)
        is_login = any(name.lower() == "authorization" for name in self.headers)
        if is_login and urls.has_login(self.url):
            msg = "has a login in its url and an Authorization header: keep one"
            raise ValueError(msg)
        return self


def make(options: WebhookOptions, doors: Doors, contact: str | None) -> Webhook:
    """Make the notifier; what is addressed to a person says whom in a header of its own."""
    from yarl import URL  # noqa: PLC0415 -- late, as whatever HTTP needs

    headers = {name: value.get_secret_value() for name, value in options.headers.items()}
    if contact is not None:
        headers[_CONTACT] = contact
    return Webhook(
        session=doors.session(allow_private=options.allow_private),
        url=URL(options.url.get_secret_value()),
        wall=doors.wall,
        keys=[signing.key_of(each.get_secret_value()) for each in options.secret],
        headers=headers,
        media_type=options.media_type,
        method=options.method,
        render=render_of(options),
    )


@dataclass(frozen=True, slots=True)
class Webhook:
    """
    Tells one URL.

    Attributes:
        keys: that it signs with, the newest first.
        headers: sent along; secrets perhaps.
        wall: reads wall time, for the timestamp that is signed.
    """

    session: aiohttp.ClientSession
    url: URL = field(repr=False)
    wall: Callable[[], datetime]
    keys: Sequence[bytes] = field(default=(), repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    media_type: str = "application/json"
    method: str = "POST"
    render: Render = json_body

    async def tell(self, telling: Telling) -> Tried:
        """Try once."""
        import aiohttp  # noqa: PLC0415 -- late, as whatever HTTP needs

        from fettled.notify import answers  # noqa: PLC0415 -- as above

        now = self.wall()
        body = self.render(telling)
        if isinstance(body, Tried):
            return body
        head = {
            "Content-Type": self.media_type,
            **self.headers,
            **signing.headers(self.keys, telling.id, int(now.timestamp()), body),
        }
        try:
            async with self.session.request(
                self.method, self.url, data=body, headers=head, allow_redirects=False
            ) as answer:
                return answers.of_status(answer.status, answer.headers, now)
        except asyncio.CancelledError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, ExceptionGroup) as error:
            return answers.of_error(error)
