"""The audit log of a real daemon: whole after kill -9, verified beside it, without a secret."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from live import FAST, Daemon, daemon, devices, logged, wait_for

TARGETS = """
  - subject: door
    type: device
    check: {{type: http, url: 'http://127.0.0.1:{port}/?token=${{SECRET}}',
      headers: {{X-Key: '${{SECRET}}'}}}}
"""
SECRET = "s3cr3t-Value"


def verified(fettled: Daemon, *more: str) -> dict[str, object]:
    """Verify with the command; its answer as JSON."""
    done = fettled.run("audit", "verify", "--json", *more)
    answer = json.loads(done.stdout)
    assert (done.returncode == 0) == answer["ok"], done.stderr
    return answer


def rows(fettled: Daemon) -> list[tuple[str, str, str, str]]:
    """The log, past fettled."""
    with sqlite3.connect(f"file:{fettled.home}/fettled.db?mode=ro", uri=True) as store:
        query = "SELECT kind, actor, about, data FROM inputs ORDER BY position"
        return store.execute(query).fetchall()


def test_kill_9_leaves_a_whole_chain_and_no_secret_is_ever_in_it(tmp_path: Path) -> None:
    """
    Killed while people write, again and again; verified beside the daemon, and without one.

    The secrets are in the configuration, in an environment variable, and in tokens.
    """
    with devices() as made, daemon(tmp_path / "home") as fettled:
        fettled.environment["SECRET"] = SECRET
        door = made.make("door")
        fettled.write(TARGETS.format(port=door.port))
        fettled.start()
        ticket = fettled.post("/api/v1/tickets", {"title": "Coffee is cold"})
        where = f"/api/v1/tickets/{ticket['number']}/actions"
        anchors, tokens = [], []

        def comment(number: int) -> None:
            try:
                fettled.post(where, {"action": "comment", "body": f"comment {number}"})
            except Exception:  # noqa: BLE001 - it was killed meanwhile
                return

        for _ in range(4):
            tokens.append(fettled.post("/api/v1/tokens", {"user": "bob", "role": "viewer"}))
            fettled.run("reload")
            before = len(rows(fettled))
            with ThreadPoolExecutor(4) as pool:
                for number in range(40):
                    pool.submit(comment, number)
                wait_for(lambda least=before + 5: len(rows(fettled)) >= least, "some comments")
                anchors.append(verified(fettled)["head"]["hash"])
                fettled.kill()
            seen = verified(fettled)
            assert seen["ok"]
            fettled.start()
        for anchor in anchors:
            assert verified(fettled, "--head", anchor)["ok"]

        found = rows(fettled)
        kinds = {kind for kind, *_ in found}
        assert {"start", "reload", "token.create", "ticket.create", "ticket.comment"} <= kinds
        reload = json.loads(next(data for kind, _, _, data in found if kind == "reload"))
        assert reload["files"].keys() == {str(fettled.config)}
        secrets = [SECRET, *(token["token"].rsplit("_", 1)[1] for token in tokens)]
        shown = fettled.get("/api/v1/config")
        told = json.dumps([found, shown, fettled.get("/api/v1/audit?limit=200")]) + fettled.out
        assert [secret for secret in secrets if secret.lower() in told.lower()] == []
        assert shown["targets"][0]["subject"] == "door"

        assert fettled.stop() == 0
        head = fettled.run("audit", "head").stdout.strip()
        assert logged(fettled.out, "audit.head")[-1]["head"] == head


def test_a_chain_that_was_cut_is_found_with_the_head_of_before(tmp_path: Path) -> None:
    """As the how-to tells: the head is kept elsewhere, and given back."""
    with daemon(tmp_path / "home") as fettled:
        fettled.write("", more=FAST.replace("\ntargets:\n", ""))
        fettled.start()
        fettled.post("/api/v1/tickets", {"title": "Coffee is cold"})
        assert fettled.stop() == 0
        head = fettled.run("audit", "head").stdout.strip()
        with sqlite3.connect(f"{fettled.home}/fettled.db") as store:
            store.execute("DROP TRIGGER tr_inputs_no_delete")
            store.execute("DELETE FROM inputs WHERE kind = 'ticket.create'")
        assert verified(fettled)["ok"]
        broken = verified(fettled, "--head", head)
        assert (broken["ok"], broken["bad"]) == (False, None)
        wrong = fettled.run("audit", "verify", "--head", "yesterday")
        assert wrong.returncode == 2
        assert "--head" in wrong.stderr
