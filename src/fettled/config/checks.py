"""
One check as it is written: a probe type's own options, and when to run it.

The options of each type stand beside its probe; here they are joined with the schedule
into one flat mapping, and the types into one union told apart by `type`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import AfterValidator, BaseModel, Field, create_model

from fettled.config.policies import PolicyRef
from fettled.core.words import Requires
from fettled.options import Options, PositiveDuration
from fettled.probes import TYPES

#: Certificates expire by the calendar, not by an outage.
NEVER_PRIMARY = frozenset({"tls"})

_SHORTEST = timedelta(milliseconds=10)


def _not_too_short(value: timedelta) -> timedelta:
    if value < _SHORTEST:
        msg = "is shorter than 10ms; write a longer one"
        raise ValueError(msg)
    return value


#: Long enough not to be a busy loop.
Period = Annotated[PositiveDuration, AfterValidator(_not_too_short)]
CheckName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=100)]


class Scheduled(Options):
    """What every check has beside its probe's options."""

    interval: Period | None = Field(
        None, description="Time between two probes; default: of `defaults`."
    )
    timeout: PositiveDuration | None = Field(
        None, description="One deadline over the whole probe; default: of `defaults`."
    )
    retry_interval: Period | None = Field(
        None,
        description="Time between two probes while a change awaits its confirmation;"
        " default: of `defaults`.",
    )
    policy: PolicyRef | None = Field(
        None, description="Policy by name, or thresholds for this check alone."
    )
    primary: bool = Field(
        default=False,
        description="Make this the subject's primary check instead of the first one;"
        " certificate checks never are.",
    )
    formerly: CheckName | None = Field(
        None, description="Name the check had before; its state is carried over."
    )
    requires: Annotated[Requires, Field(strict=False)] | None = Field(
        None,
        description="What the monitor must reach for its network failures to count; default: the"
        " target's.",
    )
    if TYPE_CHECKING:
        type: Any  # each member of the union narrows it to its own literal


def _join(name: str) -> type[Scheduled]:
    options = TYPES[name].options
    twice = set(options.model_fields) & set(Scheduled.model_fields)
    if twice:
        msg = f"the probe type {name} has options that every check has already: {sorted(twice)}"
        raise TypeError(msg)
    # The options come last among the bases, and so first among the fields.
    bases = cast("tuple[type[Scheduled], ...]", (Scheduled, options))
    return create_model(f"{name.capitalize()}Check", __base__=bases, __doc__=options.__doc__)


CHECKS: dict[str, type[Scheduled]] = {name: _join(name) for name in TYPES}

if TYPE_CHECKING:
    Check = Scheduled
else:
    Check = Annotated[reduce(or_, CHECKS.values()), Field(discriminator="type")]


#: Which options were written is of no interest any more, and takes 700 bytes a check to know.
_WRITTEN: set[str] = set()


def options_of(check: Scheduled) -> Options:
    """Give the probe's own options, without the schedule, as the probe type knows them."""
    model: type[BaseModel] = TYPES[check.type].options
    values = {
        field.alias or name: getattr(check, name) for name, field in model.model_fields.items()
    }
    options = model.model_construct(_WRITTEN, **values)
    if not isinstance(options, Options):
        raise TypeError(check.type)
    return options
