"""What could only fail once it runs is refused when it is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from fettled.config.loader import Loaded
from fettled.notify import TYPES
from fettled.notify.apprise_child import _LONGEST_LIFE
from fettled.ports.notify import LONGEST_TIMEOUT

Load = Callable[..., Loaded]
Refuse = Callable[..., list[str]]


def _one(check: str) -> str:
    return f"targets: [{{subject: a, type: service, check: {check}}}]"


@pytest.mark.parametrize("name", ["..", "a..b", ".a", '""', "a b", "x" * 64, '"å..b"'])
def test_what_is_no_dns_name_is_refused(name: str, refuse: Refuse) -> None:
    """
    A question cannot be made of it.

    Seen to fail for all but the empty and the blank one when only these were looked for.
    """
    lines = refuse(_one(f"{{type: dns, name: {name}}}"))

    assert len(lines) == 1
    assert "targets[0].check.name: is not a DNS name" in lines[0]


@pytest.mark.parametrize("name", [".", "_dmarc.example.org", "example.org.", "blåbær.example", "a"])
def test_what_is_a_dns_name_is_taken(name: str, load_text: Load) -> None:
    """The root, underscores, a final dot and other scripts are asked for in earnest."""
    assert load_text(_one(f"{{type: dns, name: {name}, servers: [ns.example, 192.0.2.1]}}"))


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ('proxy: "https://proxy:3128"', "check.proxy: is an https URL: a proxy is spoken to over"),
        (
            'expect: {json: [{path: "", value: 1}]}',
            "check.expect.json[0].path: must not be empty",
        ),
    ],
)
def test_options_of_http_that_cannot_work_are_refused(rest: str, said: str, refuse: Refuse) -> None:
    """Each with its place, not at the first probe."""
    lines = refuse(_one(f'{{type: http, url: "http://x/", {rest}}}'))

    assert len(lines) == 1
    assert said in lines[0]


def test_quoted_words_mean_what_plain_ones_do(load_text: Load) -> None:
    """A variable is always text, so `"false"` is false wherever true or false is wanted."""
    text = "server: {metrics_token: \"${TOKEN}\"}\nlimits: {per_host: '7'}"
    settings = load_text(text, TOKEN="true").settings

    assert (settings.server.metrics_token, settings.limits.per_host) == (True, 7)
    assert not load_text('server: {metrics_token: "false"}').settings.server.metrics_token


_HOOK = "receivers: [{{name: ops, type: {type}, {where}, timeout: {timeout}}}]"
_WHERE = {
    "webhook": 'url: "https://example.org/x"',
    "email": "host: mail.example.org, from: a@example.org, to: b@example.org",
    "apprise": 'url: "ntfys://ntfy.example.org/x"',
}


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_receiver_that_may_take_for_ever_is_refused(
    kind: str, refuse: Refuse, load_text: Load
) -> None:
    """
    With its place and the longest that there is; that one is taken.

    Seen to fail as any deadline was taken, and the process that tells a service ends before.
    """
    (line,) = refuse(_HOOK.format(type=kind, where=_WHERE[kind], timeout="301s"))
    assert "receivers[0].timeout: must be at most 5m" in line
    settings = load_text(_HOOK.format(type=kind, where=_WHERE[kind], timeout="5m")).settings
    assert settings.receivers[0].timeout == LONGEST_TIMEOUT
    assert timedelta(seconds=_LONGEST_LIFE) >= LONGEST_TIMEOUT


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("type: email, host: h.example, from: a@b.c", ":1:13: receivers[0].to: names nobody"),
        ("type: email, host: h.example, from: a@b.c, to: []", ".to: names nobody: write the"),
        ('type: apprise, url: "ntfys://n.example/{contact}"', ".url: has {contact} in it, and"),
        ('type: apprise, url: "ntfys://n.example/x", audience: person', ".url: has no {contact}"),
        (
            "type: email, host: h.example, from: a@b.c, audience: person",
            ": access.users[0].contacts.noto: is not a mail address",
        ),
    ],
)
def test_a_receiver_without_an_address_is_refused_with_its_place(
    given: str, said: str, refuse: Refuse
) -> None:
    """
    What the daemon could not make a notifier of is no configuration.

    Seen to fail where only the start and a reload said so, without file and line.
    """
    people = "access: {users: [{name: ann, contacts: {noto: +47 555}}]}"
    (line,) = refuse(f"receivers: [{{name: noto, {given}}}]\n{people}\n")
    assert said in line


def test_persons_are_told_at_their_own_address_alone(load_text: Load) -> None:
    """A receiver for them needs none of its own."""
    mail = "{name: noto, type: email, host: h.example, from: a@b.c, audience: person}"
    people = "access: {users: [{name: ann, contacts: {noto: ann@example.org}}]}"
    assert load_text(f"receivers: [{mail}]\n{people}\n").settings.receivers


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("X Key: a", "receivers[0].headers.X Key: is not a header's name: write one such as"),
        ('X-Key: "a\\nX-Other: b"', "receivers[0].headers.X-Key: holds a line break or control"),
        ('X-Key: "a\\x7f"', "receivers[0].headers.X-Key: holds a line break or control"),
        ("Webhook-Id: a", "receivers[0].headers.Webhook-Id: is a header that each message has"),
        ("webhook-signature: a", "leave it out"),
        ("webhook-timestamp: a", "leave it out"),
        ("content-length: '3'", "leave it out"),
        ("Host: b.example", "leave it out"),
        ("x-fettled-contact: a", "leave it out"),
    ],
)
def test_a_header_that_cannot_be_sent_is_refused(
    header: str, said: str, refuse: Refuse, load_text: Load
) -> None:
    """
    By its name and with the cure, and not at the first message; nor is one overruled silently.

    Seen to fail with any text taken for a header.
    """
    hook = "receivers: [{name: ops, type: webhook, url: 'https://h.example/x', headers: {HEADER}}]"
    (line,) = refuse(hook.replace("HEADER", header))
    assert said in line
    assert load_text(hook.replace("HEADER", "X-Key: 'a b', authorization: Bearer x"))
