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

from fettled.notify import apprise_road, bodies, mail, webhook
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
        for_people: whether, by its options, people read what it brings: a backlog is
            collapsed to the present state, and bursts are capped.
        in_words: whether what it brings is worded.
    """

    options: type[Options]
    make: Callable[[Any, Doors, str | None], Notifier]
    for_people: Callable[[Any], bool]
    in_words: Callable[[Any], bool]


def _always(_options: object) -> bool:
    return True


TYPES: Mapping[str, NotifierType] = {
    "apprise": NotifierType(apprise_road.AppriseOptions, apprise_road.make, _always, _always),
    "email": NotifierType(MailOptions, mail.make, _always, _always),
    "webhook": NotifierType(
        webhook.WebhookOptions, webhook.make, bodies.for_people, bodies.in_words
    ),
}
