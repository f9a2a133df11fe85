"""Eight callers at once with the same keys, on a database that breaks connections off."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

import pg
from fettled.cli.client import RefusedError
from listening import listening
from live import FAST, Daemon, daemon, wait_for
from stores import rows

CALLERS, KEYS = 8, 20
OWED = "SELECT count(*) FROM actions WHERE queue IS NOT NULL"
#: One of the daemon's connections, whichever it is.
BREAK = """
    SELECT count(pg_terminate_backend(pid)) FROM (
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1
    ) AS one
"""


def _ask(fettled: Daemon, path: str, body: dict[str, Any], caller: int) -> dict[str, Any]:
    given = body | {"source": "workflow"}
    if "body" in body:
        given["body"] = f"said by caller {caller}"  # the same words again are no new comment

    def answer() -> dict[str, Any] | None:
        answered: dict[str, Any] | None = None
        try:
            answered = fettled.post(path, given)
        except RefusedError as error:
            # Broken off in the middle of a COMMIT: whoever asks again is answered, and no more.
            if error.status != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
        return answered

    return wait_for(answer, f"an answer to caller {caller}") or {}


def _breaks(url: str, over: threading.Event) -> None:
    while not over.wait(0.5):
        pg.run(url, BREAK)


@pytest.mark.postgres
def test_one_ticket_for_each_key_and_each_event_told_in_order(tmp_path: Path, pg_url: str) -> None:
    """
    Filed, commented and resolved by all at once: each is answered, and none counts twice.

    Connections are broken off all the while, of whoever reads, writes or claims.
    """
    hook = "receivers: [{{name: hook, type: webhook, url: '{}', allow_private: true}}]\n"
    over = threading.Event()
    with (
        listening() as inbox,
        daemon(tmp_path / "home") as fettled,
        ThreadPoolExecutor(CALLERS + 1) as pool,
    ):
        fettled.write(" []", FAST + hook.format(inbox.url), store=pg_url)
        fettled.start()
        breaking = pool.submit(_breaks, pg_url, over)
        with contextlib.ExitStack() as at_last:
            at_last.callback(over.set)
            for n in range(KEYS):
                actions = f"/api/v1/tickets/actions?deduplication_key=key-{n}"
                filed = {"title": "No light", "deduplication_key": f"key-{n}"}
                for path, body in (
                    ("/api/v1/tickets", filed),
                    (actions, {"action": "comment", "body": "?"}),
                    (actions, {"action": "resolve", "code": "fixed"}),
                ):
                    answers = list(pool.map(partial(_ask, fettled, path, body), range(CALLERS)))
                    assert len({each["number"] for each in answers}) == 1
        breaking.result()
        wait_for(lambda: rows(pg_url, OWED) == [(0,)], "everything to be told")
        assert fettled.stop() == 0

    tickets = rows(pg_url, "SELECT deduplication_key, status FROM tickets ORDER BY number")
    assert tickets == [(f"key-{n}", "resolved") for n in range(KEYS)]
    told = [json.loads(each.body)["data"] for each in inbox.taken]
    events = Counter(each["id"] for each in told)
    assert len(events) == KEYS * (1 + CALLERS + 1)
    newest: Counter[int] = Counter()
    for each in told:
        number = each["ticket"]["number"]
        assert each["sequence"] >= newest[number], number
        newest[number] = each["sequence"]
