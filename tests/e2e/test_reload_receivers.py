"""Receivers come, go and are renamed by reloads while things happen: nobody misses an event."""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from itertools import cycle, islice
from pathlib import Path

from listening import Inbox, listening
from live import FAST, Daemon, daemon, logged, wait_for
from stores import rows

#: Who is there beside the one that stays; from one to the next is a reload.
TURNS = (["b"], ["c"], [], ["b", "c"], ["d", "b"], ["c"])
RELOADS = 18
OWED = "SELECT count(*) FROM actions WHERE queue IS NOT NULL"


def _write(fettled: Daemon, inbox: Inbox, names: list[str]) -> None:
    some = ", ".join(
        f"{{name: {name}, type: webhook, url: '{inbox.url}/{name}', allow_private: true}}"
        for name in ["a", *names]
    )
    fettled.write(" []", f"{FAST}\nreceivers: [{some}]")


def _work(fettled: Daemon, over: threading.Event) -> None:
    while not over.is_set():
        number = fettled.post("/api/v1/tickets", {"title": "No light"})["number"]
        for n in range(3):
            body = {"action": "comment", "body": str(n)}
            fettled.post(f"/api/v1/tickets/{number}/actions", body)


def test_what_reloads_take_away_and_put_back_misses_nothing(tmp_path: Path) -> None:
    """
    What was owed to whom while it was there arrives: in order per ticket, the one that stays all.

    Seen to fail where a lane that is taken out is cancelled: what it claimed stays.
    """
    url = f"sqlite:///{tmp_path}/home/fettled.db"
    with listening() as inbox, daemon(tmp_path / "home") as fettled:
        _write(fettled, inbox, [])
        fettled.start()
        over = threading.Event()
        worker = threading.Thread(target=_work, args=(fettled, over))
        worker.start()
        try:
            for n, names in enumerate([*islice(cycle(TURNS), RELOADS), ["b", "c", "d"]], 1):
                happened = len(inbox.taken)
                _write(fettled, inbox, names)
                fettled.send(signal.SIGHUP)
                wait_for(lambda n=n: len(logged(fettled.out, "config.reloaded")) == n, "a reload")
                wait_for(lambda was=happened: len(inbox.taken) > was + 3, "something to happen")
        finally:
            over.set()
            worker.join()
        wait_for(lambda: rows(url, OWED) == [(0,)], "everything to be told")
        assert fettled.stop() == 0
        assert fettled.err == ""

    counted = rows(url, "SELECT target, outcome, count(*) FROM actions GROUP BY 1, 2 ORDER BY 1")
    assert [(name, how) for name, how, _ in counted] == [(name, "done") for name in "abcd"]
    assert counted[0][2] == rows(url, "SELECT count(*) * 4 FROM tickets")[0][0]
    for name, _, count in counted:
        told = [json.loads(each.body)["data"] for each in inbox.taken if each.path == f"/{name}"]
        assert len({each["id"] for each in told}) == count
        newest: Counter[int] = Counter()
        for each in told:
            number = each["ticket"]["number"]
            assert each["sequence"] >= newest[number], (name, number)
            newest[number] = each["sequence"]
