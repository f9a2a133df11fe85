"""
How receivers are told: one file per notifier, each with its options beside its code.

Only the road to a receiver; what is due, and when it is tried again, is `fettled.app.deliver`'s.
`TYPES` names them all: a new notifier is one file and one line here. Heavy libraries are
imported when a notifier is made or first used, so that reading the options costs little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fettled.notify import apprise_road, mail, webhook
from fettled.notify.doors import Doors
from fettled.notify.mail_options import MailOptions
from fettled.options import Options
from fettled.ports.notify import Notifier


@dataclass(frozen=True, slots=True)
class NotifierType:
    """
    A kind of road to a receiver.

    Attributes:
        options: what may stand in the configuration beside `type`.
        make: from options, what notifiers share, and the address of one person (None where
            the receiver has its own) to a notifier; raises InvalidError naming the field
            when something outside the options (a file, a library) is missing.
        for_people: a backlog is collapsed to the present state, and told in words.
    """

    options: type[Options]
    make: Callable[[Any, Doors, str | None], Notifier]
    for_people: bool = False


TYPES: Mapping[str, NotifierType] = {
    "apprise": NotifierType(apprise_road.AppriseOptions, apprise_road.make, for_people=True),
    "email": NotifierType(MailOptions, mail.make, for_people=True),
    "webhook": NotifierType(webhook.WebhookOptions, webhook.make),
}
