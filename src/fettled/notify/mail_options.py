"""The options of the notifier `email`: which server, how it is asked, and who is told."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from fettled.notify.mailbox import Mailbox
from fettled.options import UNSHOWN, Host, OneOrMany, Options, Port

Security = Literal["starttls", "tls", "none"]
_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}


class MailOptions(Options):
    """Which mail server, how it is asked, and who is told."""

    type: Literal["email"]
    host: Host = Field(description="The mail server: a host name or IP address.")
    port: Port | None = Field(
        None, description="Its port; default: 587, with `tls` 465, with `none` 25."
    )
    security: Security = Field(
        "starttls",
        description="`starttls` (a server without it is sent nothing), `tls` from the first "
        "byte, or `none`.",
    )
    username: Annotated[str, Field(min_length=1), UNSHOWN] | None = Field(
        None, description="Name to log in with."
    )
    password: SecretStr | None = Field(None, description="Password to log in with.")
    sender: Mailbox = Field(
        alias="from",
        description="Address that the mails are from; its domain is that of their ids.",
    )
    to: OneOrMany[Annotated[Mailbox, UNSHOWN]] = Field(
        (), description="Who is told; may be left out where persons are told at their own address."
    )
    ca_file: str | None = Field(
        None, description="PEM file of authorities instead of the system's."
    )
    verify: bool = Field(default=True, description="Verify the certificate's chain and name.")
    allow_private: bool = Field(
        default=True,
        description="The server may be in a private network; metadata addresses never.",
    )
    helo: Host | None = Field(
        None,
        description="What the daemon calls itself to the server; default: the machine's full "
        "name, or its address.",
    )

    @property
    def port_or_default(self) -> int:
        """The port that is used."""
        return self.port or _PORTS[self.security]

    @model_validator(mode="after")
    def _login_is_whole_and_encrypted(self) -> Self:
        if (self.username is None) != (self.password is None):
            msg = "username and password go together: write both, or neither"
            raise ValueError(msg)
        if self.password is not None and self.security == "none":
            msg = "security: none would send the password in the clear: use starttls or tls"
            raise ValueError(msg)
        return self
