"""`workflows:`: what loads, what it comes to, and what is refused with its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from config.conftest import Load, Refuse
from fettled.bootstrap.workflows import workflows_of
from fettled.core.actions import Assign, Comment, Escalate, Resolve
from fettled.core.words import Code, Priority, Source
from fettled.core.workflows import Deliver, OpenTicket, ResolveTicket, Snooze

HOUSE = """\
access:
  teams: [{name: network}, {name: both}]
  users: [{name: ann}, {name: both}]
  schedules: [{name: nights, rotation: {every: 7d, start: 2026-01-05T08:00, members: [ann]}}]
receivers: [{name: ops, type: webhook, url: "https://example.org/hook"}]
targets: [{subject: door-1, type: device, check: {type: tcp, host: 127.0.0.1, port: 1}}]
workflows:
"""

ONE = "on: ticket.*, do: [{comment: a}]"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{on: ticket.openx, do: [{comment: a}]}", "[0].on: fits no event"),
        ("{on: ticket.moved_to_open, do: [{comment: a}]}", "[0].on: fits no event"),
        ("{on: ticket.self_test, do: [{comment: a}]}", "[0].on: fits no event"),
        ("{on: [], do: [{comment: a}]}", "[0].on: must hold at least 1"),
        ("{on: ticket.*, do: []}", "[0].do: must hold at least 1"),
        ("{on: ticket.*, do: [{}]}", "[0].do[0]: must have exactly one of comment, assign"),
        ("{on: ticket.*, do: [{comment: }]}", "[0].do[0]: must have exactly one of"),
        ("{on: ticket.*, do: [{comment: a, webhook: ops}]}", "[0].do[0]: must have exactly one"),
        ("{on: ticket.*, do: [{komment: a}]}", "komment: unknown key; did you mean comment?"),
        ("{on: ticket.*, if: {kind: device_ofline}, do: [{comment: a}]}", "mean device_offline?"),
        ("{on: ticket.*, if: {team: netwrk}, do: [{comment: a}]}", "did you mean network?"),
        ("{on: ticket.*, if: {status: opened}, do: [{comment: a}]}", "[0].if.status: must be one"),
        ("{on: ticket.*, do: [{assign: nobody}]}", "[0].do[0].assign: there is no team, user or"),
        ("{on: ticket.*, do: [{assign: both}]}", "the name of a team and of a user"),
        ("{on: ticket.*, do: [{assign: {}}]}", "[0].do[0].assign: names nobody"),
        ("{on: ticket.*, do: [{assign: {assignee: network}}]}", "assignee: there is no user"),
        ("{on: ticket.*, do: [{escalate: ann}]}", "[0].do[0].escalate: there is no team"),
        ("{on: ticket.*, do: [{webhook: opsx}]}", "webhook: there is no receiver of that name"),
        ("{on: ticket.*, do: [{snooze: 3}]}", "[0].do[0].snooze: is a number without a unit"),
        ("{on: ticket.*, do: [{snooze: {for: 1h, until_change: true}}]}", "must have one of for"),
        ("{on: ticket.*, do: [{comment: '{ticket.numberx}'}]}", "did you mean ticket.number?"),
        ("{on: ticket.*, do: [{comment: '{0.__class__}'}]}", "names a field that there is not"),
        ("{on: ticket.*, do: [{comment: 'a { b'}]}", "has a lone {; write {{"),
        ("{on: ticket.*, do: [{open_ticket: {title: a, labels: {b: '{c}'}}}]}", "labels.b: "),
        ("{on: ticket.*, do: [{open_ticket: {title: a, subject: door-2}}]}", "there is no subject"),
        ("{on: ticket.*, do: [{open_ticket: {title: a, reopen_within: 1h}}]}", "reopen_within:"),
        ("{on: ticket.*, do: [{resolve_ticket: {code: duplicate}}]}", "has code duplicate"),
        ("{on: ticket.*, do: [{resolve_ticket: {code: merged}}]}", "code: must be one of fixed"),
        (f"{{name: a, {ONE}}}\n- {{name: a, {ONE}}}", "is the name of another one too"),
        (f"{{name: workflow-2, {ONE}}}\n- {{{ONE}}}", "is the name of another one too"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(refuse: Refuse, line: str, fault: str) -> None:
    """Line and column, what is wrong, and what may have been meant; one fault, told once."""
    (told,) = refuse(f"{HOUSE}- {line}\n")
    assert told.startswith(("fettled.yaml:8:", "fettled.yaml:9:"))
    assert fault in told


def test_what_may_be_written_comes_to_what_is_meant(load_text: Load) -> None:
    """Each step in its short and in its long form."""
    loaded = load_text(
        HOUSE
        + """\
- name: all
  on: [ticket.opened, "ticket.sla_*"]
  if:
    kind: ["device_*", strange]
    priority: high
    subject: door-*
    type: device
    labels: {floor: 3}
  do:
    - comment: "#{ticket.number} {{as it is}}"
    - comment: {body: psst, visibility: internal}
    - assign: network
    - assign: ann
    - assign: nights
    - assign: {team: both, assignee: both}
    - escalate: {}
    - escalate: both
    - escalate: {supplier: Lifts Ltd, reason: stuck}
    - snooze: 1h30m
    - snooze: {office_hours: true}
    - webhook: ops
    - open_ticket: more
    - open_ticket:
        {title: more, kind: odd, priority: low, subject: door-1,
         deduplication_key: k, reopen_within: 1h}
    - resolve_ticket: {}
    - resolve_ticket: {code: workaround, summary: so, deduplication_key: k}
"""
    )
    (found,) = workflows_of(loaded.settings)
    assert found.on == ("ticket.opened", "ticket.sla_*")
    assert found.when.patterns == {
        "ticket.kind": ("device_*", "strange"),
        "ticket.priority": ("high",),
        "subject": ("door-*",),
        "subject.type": ("device",),
    }
    assert found.when.labels == {"floor": "3"}
    *steps, plain, whole, bare, keyed = found.steps
    reason = "by the workflow {workflow}"
    assert steps == [
        Comment("#{ticket.number} {{as it is}}"),
        Comment("psst", "internal"),
        Assign(team="network"),
        Assign(assignee="ann"),
        Assign(shift="nights"),
        Assign(assignee="both", team="both"),
        Escalate("hierarchical", reason),
        Escalate("functional", reason, "both"),
        Escalate("functional", "stuck", "Lifts Ltd", is_supplier=True),
        Snooze(timedelta(minutes=90)),
        Snooze(office_hours=True),
        Deliver("ops"),
    ]
    assert isinstance(plain, OpenTicket)
    assert isinstance(whole, OpenTicket)
    assert (plain.new.title, plain.new.kind, plain.new.source) == (
        "more",
        "workflow",
        Source.WORKFLOW,
    )
    assert (whole.new.kind, whole.new.priority, whole.new.subject) == (
        "odd",
        Priority.LOW,
        "door-1",
    )
    assert (whole.new.deduplication_key, whole.reopen_within) == ("k", timedelta(hours=1))
    assert bare == ResolveTicket(Resolve())
    assert keyed == ResolveTicket(Resolve(Code.WORKAROUND, "so"), "k")


def test_one_without_a_name_goes_by_its_place(load_text: Load) -> None:
    """From 1; and where nobody is configured a bare name is a team's."""
    text = f"workflows: [{{on: ticket.*, do: [{{assign: x}}]}}, {{name: b, {ONE}}}]"
    first, second = workflows_of(load_text(text).settings)
    assert (first.name, second.name) == ("workflow-1", "b")
    assert first.steps == (Assign(team="x"),)


@pytest.mark.parametrize(
    ("line", "is_noted"),
    [
        ("{on: [ticket.opened, ticket.reopened], do: [{resolve_ticket: robot}]}", True),
        ("{on: 'ticket.*', do: [{comment: a}, {resolve_ticket: {}}]}", True),
        ("{on: ticket.reopened, if: {source: health_monitor}, do: [{resolve_ticket: a}]}", True),
        ("{on: ticket.reopened, do: [{resolve_ticket: {code: no_action}}]}", True),
        ("{on: ticket.opened, do: [{resolve_ticket: robot}]}", False),
        ("{on: ticket.reopened, if: {source: user}, do: [{resolve_ticket: a}]}", False),
        ("{on: ticket.reopened, do: [{resolve_ticket: {code: wont_fix}}]}", False),
        ("{on: ticket.reopened, do: [{resolve_ticket: {deduplication_key: k}}]}", False),
        ("{on: ticket.reopened, do: [{comment: a}]}", False),
    ],
)
def test_one_that_resolves_what_comes_back_is_noted(
    load_text: Load, line: str, *, is_noted: bool
) -> None:
    """With its place and the cure; what the monitor leaves alone is nothing to say."""
    told = [note for note in load_text(f"{HOUSE}- {line}\n").notes if "resolves a ticket" in note]
    assert len(told) == is_noted
    assert all("fettled.yaml:8:" in note and "leave out" in note for note in told)
