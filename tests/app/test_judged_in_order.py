"""What is asked first: is it there for you, may you, is it that version, may it, is it sound."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk import Desk
from fettled.app.anybody import Anybody
from fettled.app.callers import Caller
from fettled.app.desk import Desk as Rules
from fettled.app.removals import Removals
from fettled.app.tickets import Tickets
from fettled.core.actions import (
    Action,
    Assign,
    AssignToMe,
    Close,
    Comment,
    Escalate,
    Resolve,
    SnoozeFor,
    Take,
    Unassign,
)
from fettled.core.errors import (
    ConflictError,
    FettledError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    StaleError,
)
from fettled.core.filing import NewTicket
from fettled.core.permissions import Permission, Principal, Role, permissions_of
from fettled.core.tickets import Actor
from fettled.core.words import Code


class Strict(Anybody):
    """A directory in which nobody is called anything."""

    is_configured = True


def caller(role: Role, name: str = "ann", **fields: object) -> Caller:
    """Make a caller; *fields* of the principal, and the version."""
    version = fields.pop("version", None)
    who = Principal(name, Actor("user", name), permissions_of([role]), **fields)  # type: ignore[arg-type]  # as given
    return Caller(Actor("user", name), who, version=version)  # type: ignore[arg-type]  # as given


@pytest.fixture
async def strict(desk: Desk) -> Tickets:
    """Tickets of a house that knows nobody, one of them for the team `network`."""
    rules = Rules(Strict())
    desk.tickets = Tickets(desk.store, desk.clock, desk.memory, desk.sink, lambda: rules)
    new = NewTicket("It smells", filed_for="network", reporter="rita")
    await desk.tickets.create(new, Caller(Actor("user", "rita")))
    return desk.tickets


#: A body with everything wrong about it, of an action that everybody's role but one may do.
WRONG: Action = Assign(assignee="nobody")


async def test_404_before_403_before_412_before_409_before_422(strict: Tickets, desk: Desk) -> None:
    """
    With one thing mended each time, the next one is told.

    Seen to fail with the version judged before the permission (412 for one who may do
    nothing), and with whom the body names judged before the move (422 for a resolved one).
    """
    stranger = caller(Role.REPORTER, "eve", version=99)
    with pytest.raises(NotFoundError):
        await strict.act("1", WRONG, stranger)
    with pytest.raises(ForbiddenError):
        await strict.act("1", WRONG, caller(Role.VIEWER, version=99))
    with pytest.raises(StaleError):
        await strict.act("1", WRONG, caller(Role.OPERATOR, version=99))
    with pytest.raises(InvalidError):
        await strict.act("1", WRONG, caller(Role.OPERATOR))
    await strict.act("1", Resolve(), caller(Role.OPERATOR))
    with pytest.raises(ConflictError):
        await strict.act("1", WRONG, caller(Role.OPERATOR))
    await strict.act("1", Close(), caller(Role.OPERATOR))
    with pytest.raises(ConflictError, match="closed"):
        await strict.act("1", WRONG, caller(Role.OPERATOR))
    assert await desk.events(1) == ["opened", "resolved:fixed", "closed"]


@pytest.mark.parametrize(
    "action",
    [WRONG, Escalate("functional", "x", "nobody"), SnoozeFor(office_hours=True), Comment("")],
)
async def test_that_it_is_closed_is_told_before_what_the_body_names(
    strict: Tickets, action: Action
) -> None:
    """Whatever the action."""
    await strict.act("1", Resolve(), caller(Role.OPERATOR))
    await strict.act("1", Close(), caller(Role.OPERATOR))
    with pytest.raises(ConflictError, match="closed"):
        await strict.act("1", action, caller(Role.OPERATOR))


async def test_edits_and_deletions_are_judged_in_that_order_too(
    strict: Tickets, desk: Desk
) -> None:
    """
    As actions are.

    Seen to fail with the version judged before the permission.
    """
    removals = Removals(desk.store, desk.clock, desk.memory)
    for role, refusal in ((Role.VIEWER, ForbiddenError), (Role.MANAGER, StaleError)):
        with pytest.raises(refusal):
            await strict.edit("1", {"title": ""}, caller(role, version=99))
        with pytest.raises(refusal):
            await removals.delete("1", caller(role, version=99))
    with pytest.raises(NotFoundError):
        await removals.delete("1", caller(Role.REPORTER, "eve", version=99))


async def test_a_ticket_that_one_may_not_see_is_named_like_one_that_is_not_there(
    strict: Tickets,
) -> None:
    """Of the two answers nobody can tell which is which."""
    await strict.create(NewTicket("Mine"), Caller(Actor("user", "otto")))
    mine = replace(
        caller(Role.REPORTER, "rita"),
        who=Principal(
            "rita",
            Actor("user", "rita"),
            permissions_of([Role.OPERATOR]) - {Permission.TICKET_VIEW_ANY},
        ),
    )
    answers = []
    for other in (2, 99):
        with pytest.raises(InvalidError) as refused:
            await strict.act("1", Resolve(Code.DUPLICATE, duplicate_of=other), mine)
        answers.append((refused.value.field, str(refused.value).replace(str(other), "N")))
    assert answers[0] == answers[1]


#: Relation to the ticket -> what the principal and the ticket have in common.
RELATIONS = {
    "none": ({}, {}),
    "team": ({"teams": frozenset({"n1"})}, {"team": "n1"}),
    "shift": ({"shifts": frozenset({"nights"})}, {"shift": "nights"}),
    "assignee": ({}, {"assignee": "ann"}),
    "reporter": ({}, {"reporter": "ann"}),
}
OPERATORS = frozenset({Role.OPERATOR, Role.MANAGER, Role.ADMIN})
#: Action -> roles that may do it to a ticket that they see.
MATRIX: list[tuple[Action, frozenset[Role]]] = [
    (Take(), OPERATORS),
    (AssignToMe(), OPERATORS),
    (Unassign(), OPERATORS),
    (Escalate("functional", "x", "n2"), OPERATORS),
    (Resolve(), OPERATORS),
    (SnoozeFor(on_change=True), OPERATORS),
    (Comment("x", "internal"), OPERATORS),
]


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("role", Role)
async def test_who_may_do_what_to_whose_ticket(desk: Desk, role: Role, relation: str) -> None:
    """
    Seeing first: a reporter sees what is theirs or their team's, and may comment on their own.

    Viewers see everything, and may do nothing.
    """
    who, fields = RELATIONS[relation]
    sees = role is not Role.REPORTER or relation != "none"
    comments = role in OPERATORS or (role is Role.REPORTER and relation == "reporter")
    rows = [*MATRIX, (Comment("x"), frozenset({role} if comments else ()))]
    for number, (action, allowed) in enumerate(rows, start=1):
        await desk.tickets.create(NewTicket("x", **fields), Caller(Actor("user", "rita")))  # type: ignore[arg-type]  # as given
        refused: type[FettledError] | None = None
        try:
            await desk.tickets.act(str(number), action, caller(role, **who))
        except ConflictError:
            pass  # it was allowed, and there was nothing to unassign
        except (ForbiddenError, NotFoundError) as error:
            refused = type(error)
        wanted = None if role in allowed else ForbiddenError
        assert refused is (wanted if sees else NotFoundError), (role, relation, action)
