"""
The options of a webhook that say how it is sent and what its body is, and the body they give.

A ready template, an own one, or neither: then it is the event itself in JSON. Templates are
loaded only where one is asked for, since Jinja is.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from fettled.notify.body import Render, json_body
from fettled.notify.ready import READY
from fettled.options import Options

#: Ready templates of what people read as it comes; the others feed programs that decide.
_CHATS = frozenset({"slack", "teams", "ntfy"})


class BodyOptions(Options):
    """How it is sent, and what."""

    method: Literal["POST", "PUT"] = Field("POST", description="How it is sent.")
    template: Literal["slack", "teams", "pagerduty", "ntfy", "alertmanager"] | None = Field(
        None, description="Ready template of the body; default: the event in JSON."
    )
    body: str | None = Field(
        None, description="Own template of the body; see [webhooks](webhook.md)."
    )
    media_type: Annotated[str, Field(pattern=r"^[\x21-\x7e]+/[\x20-\x7e]+$", max_length=100)] = (
        Field("application/json", description="Media type of an own body; JSON is checked.")
    )
    values: Annotated[
        dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,49}$")], SecretStr],
        Field(max_length=50),
    ] = Field(
        {},
        description="What templates find as `values`: `routing_key` for pagerduty,"
        " `topic` for ntfy.",
    )

    @model_validator(mode="after")
    def _check_body(self) -> Self:
        if self.template and self.body is not None:
            msg = "has a template and a body of its own, which exclude each other: keep one"
            raise ValueError(msg)
        if self.body is None and self.media_type != "application/json":
            msg = "has a media_type, which is for a body of its own: write body, or leave it out"
            raise ValueError(msg)
        if self.template is None and self.body is None and self.values:
            msg = "has values, which are for templates: name a template, or write body"
            raise ValueError(msg)
        for name in READY[self.template].needs if self.template else ():
            if not (name in self.values and self.values[name].get_secret_value()):
                msg = f"needs values.{name} for the template {self.template}"
                raise ValueError(msg)
        try:
            render_of(self)
        except ValueError as error:
            msg = f"has a body that is refused: {error}"
            raise ValueError(msg) from None
        return self


def for_people(options: BodyOptions) -> bool:
    """Whether people read it as it comes."""
    return options.template in _CHATS


def in_words(options: BodyOptions) -> bool:
    """Whether there is a template, which words are for."""
    return options.template is not None or options.body is not None


def render_of(options: BodyOptions) -> Render:
    """
    Give what makes the body.

    Raises:
        ValueError: the template is wrong.
    """
    if options.template is None and options.body is None:
        return json_body
    from fettled.notify.template import make_render  # noqa: PLC0415 -- late: it loads Jinja

    source = READY[options.template].source if options.template else options.body or ""
    values = {name: value.get_secret_value() for name, value in options.values.items()}
    return make_render(source, media_type=options.media_type, values=values)
