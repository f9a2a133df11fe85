"""Which tickets are listed: options as the API's parameters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.fake_daemon import FakeDaemon, Fettled
from fettled.cli import ticket_filters
from fettled.core.durations import parse_duration
from fettled.web.api.ticket_filters import TicketFilters

LIST = "/api/v1/tickets"

WRONG = {
    "a person and oneself": (("--mine", "--assignee", "ann"), "give one of them"),
    "no label": (("--label", "oslo"), "write NAME=VALUE"),
    "half a label": (("--label", "site="), "write NAME=VALUE"),
    "no time": (("--since", "yesterday"), "--since: 'yesterday' is neither a duration"),
    "a time without a zone": (("--resolved-before", "2026-11-21T08:00"), "--resolved-before"),
    "no link": (("--link", "Rack 1"), "write TYPE:NAME"),
    "less than not escalated": (("--escalation-level", "-1"), "--escalation-level"),
    "no colour": (("--sla", "blue"), "orange"),
    "no order": (("--sort", "title"), "due"),
    "json as csv": (("--csv", "-", "--json"), "--json does not go with --csv"),
    "csv in an order": (("--csv", "-", "--sort", "due"), "--sort does not go with --csv"),
}


@pytest.mark.parametrize(("typed", "cure"), WRONG.values(), ids=WRONG)
def test_a_filter_that_is_none_is_one_sentence(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], cure: str
):
    """The option is named with what it takes; nobody is asked."""
    result = fettled("tickets", "list", *typed, "--url", daemon.url)

    assert (result.code, result.out, daemon.asked) == (2, "", [])
    assert cure in result.err
    assert len(result.err.splitlines()) == 1


FILTERS = {
    "people": (
        ("--team", "n1", "--team", "n2", "--assignee", "ann", "--reporter", "bob"),
        {"team": ["n1", "n2"], "assignee": ["ann"], "reporter": ["bob"]},
    ),
    "oneself": (("--mine",), {"assignee": ["me"]}),
    "clocks": (("--sla", "red", "--sla", "orange"), {"sla": ["red", "orange"]}),
    "overdue": (("--overdue",), {"overdue": ["true"]}),
    "words": (("--search", "door off*"), {"q": ["door off*"]}),
    "labels": (("--label", "site=oslo", "--label", "a=b=c"), {"label": ["site=oslo", "a=b=c"]}),
    "level": (("--level", "P1"), {"level": ["P1"]}),
    "application": (("--application", "doors"), {"application": ["doors"]}),
    "weight": (
        ("--severity", "critical", "--impact", "enterprise", "--escalation-level", "0"),
        {"severity": ["critical"], "impact": ["enterprise"], "escalation_level": ["0"]},
    ),
    "place": (
        ("--region", "north", "--project", "doors", "--category", "locks"),
        {"region": ["north"], "project": ["doors"], "category": ["locks"]},
    ),
    "links": (("--link", "asset:Rack 1: left"), {"link": ["asset:Rack 1: left"]}),
    "the soonest due": (("--sort", "due"), {"sort": ["due"]}),
    "the last touched": (("--sort", "updated"), {"sort": ["-updated"]}),
    "times": (
        ("--since", "2026-11-21T09:00+01:00", "--before", "2026-11-21T10:00Z"),
        {
            "opened_from": ["2026-11-21T08:00:00+00:00"],
            "opened_until": ["2026-11-21T10:00:00+00:00"],
        },
    ),
    "time of change": (
        ("--updated-since", "2026-11-21T09:00Z"),
        {"updated_since": ["2026-11-21T09:00:00+00:00"]},
    ),
    "times of resolution": (
        ("--resolved-since", "2026-11-21T09:00Z", "--resolved-before", "2026-11-22T09:00Z"),
        {
            "resolved_from": ["2026-11-21T09:00:00+00:00"],
            "resolved_until": ["2026-11-22T09:00:00+00:00"],
        },
    ),
}


@pytest.mark.parametrize(("typed", "query"), FILTERS.values(), ids=FILTERS)
def test_a_filter_is_the_api_s(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], query: dict[str, Any]
):
    """What was not given is not sent."""
    daemon.reply("GET", LIST, {"items": [], "next": None})

    assert fettled("tickets", "list", *typed, "--url", daemon.url).code == 0

    asked = parse_qs(urlsplit(daemon.asked[0].path).query)
    assert asked == {**query, "limit": ["50"]}


def test_a_duration_counts_back_from_now(fettled: Fettled, daemon: FakeDaemon):
    """`--since 24h` is what was opened in the last day, by the caller's clock."""
    daemon.reply("GET", LIST, {"items": [], "next": None})
    began = datetime.now(UTC)  # noqa: TID251 - the caller's clock is what it is about

    fettled("tickets", "list", "--since", "24h", "--url", daemon.url)

    (since,) = parse_qs(urlsplit(daemon.asked[0].path).query)["opened_from"]
    back = began - datetime.fromisoformat(since)
    assert timedelta(hours=23, minutes=59) < back <= timedelta(hours=24)


def test_every_filter_of_the_api_is_an_option():
    """
    What a program can ask for, a person can.

    Seen to fail where severity, impact, category, region, project, link and the level of
    escalation were the API's alone.
    """
    named = {"q": "search", **{theirs: ours for ours, theirs in ticket_filters._TIMES.items()}}

    options = {named.get(name, name) for name in TicketFilters.model_fields}

    assert options - set(ticket_filters._OPTIONS) == set()


TIMES = {
    "stats": (("stats", "--since"), "/api/v1/stats"),
    "audit": (("audit", "list", "--since"), "/api/v1/audit"),
}


@pytest.mark.parametrize(("typed", "path"), TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("given", ["36h", "2026-11-21T09:00+01:00"])
def test_since_is_a_duration_or_a_time_wherever_it_is_asked(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...], path: str, given: str
):
    """
    Nobody has to know which command takes which.

    Seen to fail where what was typed was sent as it was: "since: must be a time".
    """
    began = datetime.now(UTC)  # noqa: TID251 - the caller's clock is what it is about

    fettled(*typed, given, "--url", daemon.url)
    wrong = fettled(*typed, "yesterday", "--url", daemon.url)

    (asked,) = daemon.asked
    (since,) = parse_qs(urlsplit(asked.path).query)["since"]
    assert asked.path.startswith(path)
    if given == "36h":
        back = began - datetime.fromisoformat(since)
        assert timedelta(hours=35, minutes=59) < back <= timedelta(hours=36)
    else:
        assert since == "2026-11-21T08:00:00+00:00"
    assert "--since: 'yesterday' is neither a duration" in wrong.err


def test_how_far_back_may_be_a_time(fettled: Fettled, daemon: FakeDaemon):
    """
    `account --since` counts from there, and a time to come is refused before anybody is asked.

    Seen to fail where only a duration was taken.
    """
    page = {"items": [], "checks": 3, "next": None, "since": None, "until": None}
    daemon.reply("GET", "/api/v1/account", page)
    hour = datetime.now(UTC) - timedelta(hours=1)  # noqa: TID251 - as above

    told = fettled("account", "--since", hour.isoformat(), "--url", daemon.url)
    future = (hour + timedelta(days=1)).isoformat()
    refused = fettled("account", "--since", future, "--url", daemon.url)

    (asked,) = daemon.asked
    (since,) = parse_qs(urlsplit(asked.path).query)["since"]
    assert timedelta(hours=1) <= parse_duration(since) < timedelta(hours=1, minutes=1)
    assert told.out.startswith(f"0 of 3 checks were down since {hour.isoformat()};")
    assert (refused.code, refused.err) == (2, f"fettled: --since: '{future}' is still to come\n")
