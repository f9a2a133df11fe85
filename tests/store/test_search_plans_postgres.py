"""
The plans behind lists on PostgreSQL: an index gives what is asked for in order.

Some thousand tickets lie there, and the planner, which goes by sizes, is told that there are
two hundred times as many: a million take minutes to make.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

import pg
from fettled.ports import Sort, TicketFilter, Viewer
from fettled.store.engine import make_engine, parse
from fettled.store.link import Link
from fettled.store.sql_filters import PLAIN
from fettled.store.unit import SqlReader

pytestmark = pytest.mark.postgres

#: What a third of the tickets have in a column; the others have one of fifty.
COMMON = {"priority": "high", "source": "user", "sla_state": "red", "level": "P1"}
COUNT, TIMES = 4_000, 250
ONE = frozenset(["x"])
FILTERS = {
    **{
        field: TicketFilter(**{field: frozenset([COMMON.get(column, "x")])})
        for column, field in PLAIN.items()
    },
    "nothing": TicketFilter(),
    "status": TicketFilter(status=frozenset(["open"])),
    "team and status": TicketFilter(team=ONE, status=frozenset(["open"])),
    "two teams": TicketFilter(team=frozenset(["x", "y1"])),
    "level": TicketFilter(level=frozenset(["P2"])),
    "escalation_level": TicketFilter(escalation_level=frozenset([1])),
    "member": TicketFilter(member=ONE),
    "label": TicketFilter(label=frozenset(["a=x"])),
    "link": TicketFilter(link=frozenset([("asset", "x")])),
    "overdue": TicketFilter(overdue=True),
    "viewer": TicketFilter(viewer=Viewer("x", ONE, ONE)),
}
_COLUMNS = {
    "uuid": "n::text",
    "title": "'door'",
    "description": "''",
    "status": "CASE n % 4 WHEN 0 THEN 'open' ELSE 'in_progress' END",
    "priority": "CASE n % 3 WHEN 0 THEN 'high' ELSE 'low' END",
    "source": "CASE n % 3 WHEN 0 THEN 'user' ELSE 'api' END",
    "sla_state": "CASE n % 3 WHEN 0 THEN 'red' ELSE 'green' END",
    "level": "CASE n % 30 WHEN 0 THEN 'P1' END",
    "created_at": "now() + n * interval '1 minute'",
    "updated_at": "now() + n * interval '1 minute'",
    "sla_due_at": "CASE n % 4 WHEN 0 THEN now() + n * interval '1 hour' END",
    "priority_by_person": "false",
    "touched": "false",
    "kept_open": "false",
    "relapses": "'[]'",
    "reopen_count": "0",
    "flap_count": "0",
    "escalation_level": "CASE n % 20 WHEN 0 THEN 1 ELSE 0 END",
    "generation": "1",
    "labels": "'{}'",
    "member_count": "0",
    "done_count": "0",
    "version": "1",
    "last_seq": "0",
}
_SOME = "CASE n % 3 WHEN 0 THEN 'x' ELSE 'y' || n % 50 END"
_COLUMNS |= {name: _SOME for name in PLAIN if name not in _COLUMNS}
_SIZED = ("tickets", "members", "ticket_labels", "links")


@pytest.fixture(scope="module")
def archive(pg_server: str, migrated_database: str) -> Iterator[str]:
    """The address of a store of a million tickets, as far as the planner knows."""
    with pg.database(pg_server, template=migrated_database) as url, psycopg.connect(url) as to:
        names, values = ", ".join(_COLUMNS), ", ".join(_COLUMNS.values())
        series = f"FROM generate_series(1, {COUNT}) AS n"
        for statement in (
            "ALTER TABLE tickets DISABLE TRIGGER USER",
            f"INSERT INTO tickets (number, {names}) SELECT n, {values} {series}",
            f"INSERT INTO ticket_labels SELECT 'a=' || {_SOME}, n {series}",
            (
                "INSERT INTO members (ticket, check_key, subject, joined_at, state)"
                f" SELECT n, n || '/main', {_SOME}, now(), 'down' {series}"
            ),
            (
                "INSERT INTO links (ticket, type, name, at, by_name, is_primary)"
                f" SELECT n, 'asset', {_SOME}, now(), 'ann', false {series}"
            ),
        ):
            to.execute(statement)
        for table in _SIZED:
            to.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        to.commit()
        to.autocommit = True
        to.execute(f"VACUUM ANALYZE {', '.join(_SIZED)}")
        to.execute(f"UPDATE pg_class SET reltuples = reltuples * {TIMES} WHERE reltuples > 0")
        yield url


class Listening:
    """A driver that remembers the plan of each question before it is asked."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self.plans: list[dict[str, Any]] = []

    def execute(self, sql: str, values: Any = None) -> Any:
        if sql.lstrip().startswith(("SELECT", "WITH")):
            told = self._driver.execute(f"EXPLAIN (FORMAT JSON) {sql}", values).fetchone()
            self.plans.append(told[0][0]["Plan"])
        return self._driver.execute(sql, values)


@pytest.fixture
def ask(archive: str) -> Iterator[Callable[[TicketFilter, str], list[dict[str, Any]]]]:
    """Give the plans of a list, asked in a transaction as readers do."""
    link = Link(make_engine(parse(archive), readonly=True), {})
    driver, link.driver = link.driver, Listening(link.driver)

    def plans(which: TicketFilter, sort: str) -> list[dict[str, Any]]:
        link.driver.plans.clear()
        driver.execute("BEGIN")
        SqlReader(link).search(which, sort=Sort.parse(sort), after=None, limit=51)
        driver.execute("ROLLBACK")
        return list(link.driver.plans)

    yield plans
    link.close()


def walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give a plan's steps."""
    yield plan
    for part in plan.get("Plans", []):
        yield from walk(part)


def faults(plans: list[dict[str, Any]]) -> list[str]:
    """
    Tell what reads more than it gives: walks through a table, and sorting what was read.

    The first of each lane are sorted once more where they are merged: there the lanes are below.
    """
    found = []
    for step in (step for plan in plans for step in walk(plan)):
        below = {each["Node Type"] for each in walk(step)}
        if step["Node Type"] == "Seq Scan" or (
            "Sort" in step["Node Type"] and "Function Scan" not in below
        ):
            found.append(json.dumps(step))
    return found


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("sort", ["-number", "number"])
def test_an_index_holds_what_a_filter_asks_for_in_order(
    ask: Callable[[TicketFilter, str], list[dict[str, Any]]], name: str, sort: str
) -> None:
    """
    Nothing is sorted but the first of the lanes, and no table is walked through.

    Seen to fail with the index of teams dropped.
    """
    plans = ask(FILTERS[name], sort)
    assert plans
    assert not faults(plans)
    used = {step.get("Index Name") for plan in plans for step in walk(plan)}
    column = {field: column for column, field in PLAIN.items()}.get(name)
    if column is not None:
        assert f"ix_tickets_{column}_status_number" in used
    elif name != "nothing":
        walked = [step for plan in plans[:-1] for step in walk(plan) if "Filter" in step]
        assert name == "level" or not walked, walked


@pytest.mark.parametrize("sort", ["-updated", "updated", "-priority", "priority", "due", "-due"])
@pytest.mark.parametrize("which", [TicketFilter(), TicketFilter(status=frozenset(["open"]))])
def test_each_order_has_its_index(
    ask: Callable[[TicketFilter, str], list[dict[str, Any]]], which: TicketFilter, sort: str
) -> None:
    """By itself and with a status."""
    plans = ask(which, sort)
    assert plans
    assert not faults(plans)


def test_the_lists_costs_end_with_their_transaction(archive: str) -> None:
    """What leads the planner to the lists' indexes would mislead it in other questions."""
    link = Link(make_engine(parse(archive), readonly=True), {})

    def cost() -> str:
        return str(link.driver.execute("SHOW random_page_cost").fetchone()[0])

    before = cost()
    link.say("BEGIN")
    SqlReader(link).search(TicketFilter(), sort=Sort(), after=None, limit=51)
    assert cost() != before
    link.say("ROLLBACK")
    assert cost() == before
    link.close()
