"""Whom a workflow's step can tell: the receivers there are when it is done."""

from __future__ import annotations

from bootstrap.conftest import House
from fettled.app.callers import Caller
from fettled.config.loader import load
from fettled.core.filing import NewTicket
from fettled.core.tickets import Actor
from fettled.ports import TicketAction

HOOK = "type: webhook, url: 'http://127.0.0.1:9/', allow_private: true, events: ticket.closed"
MORE = f"""receivers: [{{name: ops, {HOOK}}}]
workflows: [{{name: tell, on: ticket.opened, do: [{{webhook: ops}}]}}]
"""


async def opened(house: House) -> list[TicketAction]:
    """Open a ticket and have workflows work; what was done for it."""
    services = house.made.services()
    ticket = await services.tickets.create(NewTicket("No light"), Caller(Actor("user", "ann")))
    await house.made._office.workflows.turn()
    return await house.store.read(lambda r: r.actions(ticket.number, after=0, limit=9))


async def test_a_step_tells_the_receivers_of_the_last_reload(house: House) -> None:
    """
    One that came by a reload is told; one that is gone fails the step, in a sentence.

    Seen to fail where the workflows know the receivers that there were at the start.
    """
    try:
        house.write("door", more=MORE)
        await house.made.reload()
        done = {(each.type, each.target): each for each in await opened(house)}
        assert done["workflow", "tell"].outcome == "done"
        assert ("delivery", "ops") in done

        house.write("door")
        without = load(house.config, {}).settings
        house.made._outlets.configure(without, house.made._outlets.make(without))
        (step,) = await opened(house)
        assert (step.outcome, step.data["error"]) == (
            "failed",
            "there is no receiver ops: name one that `fettled receivers` lists",
        )
    finally:
        await house.made.close_doors()
