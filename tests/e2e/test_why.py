"""`fettled why` and `fettled account` on a real daemon, and on its store when it is gone."""

from __future__ import annotations

import json
from pathlib import Path

from live import daemon, devices, wait_for

TARGETS = """
  - subject: hub
    type: integration
    check: {{type: http, url: "{hub}/devices"}}
  - subject: door-1
    type: device
    parent: hub
    checks:
      port: {{type: tcp, host: 127.0.0.1, port: {door}}}
"""


def test_why_and_account_tell_of_a_real_outage(tmp_path: Path) -> None:
    """Silenced, then not; afterwards nothing is left over, with and without a daemon."""
    with devices() as made, daemon(tmp_path / "home") as fettled:
        hub, door = made.make("hub"), made.make("door-1")
        fettled.write(TARGETS.format(hub=hub.url, door=door.port))
        fettled.start()
        fettled.await_phase("door-1", "healthy")
        fettled.await_phase("hub", "healthy")
        silenced = fettled.run(*("silence", "add", "door-1", "--for", "1h", "--reason", "painters"))
        assert silenced.returncode == 0, silenced.stderr
        made.do(door.down())
        fettled.await_phase("door-1", "firing")

        why = fettled.run("why", "door-1")
        assert (why.returncode, why.stderr) == (0, "")
        assert why.stdout.startswith("door-1/port: down (refused) since ")
        assert "it has no ticket: held by silence until" in why.stdout.splitlines()[0]
        assert "painters" in why.stdout
        unknown = fettled.run("why", "dor-1")
        assert unknown.returncode == 2
        assert unknown.stderr == "fettled: there is no subject 'dor-1'; did you mean door-1?\n"

        held = json.loads(fettled.run("why", "door-1/port", "--json").stdout)["checks"][0]
        fettled.delete(f"/api/v1/silences/{held['gates'][0]['names']}")
        fettled.await_status(1, "open")
        assert "#1 is open" in fettled.run("why", "door-1").stdout.splitlines()[0]
        made.do(door.up())
        fettled.await_status(1, "resolved")
        wait_for(lambda: "fettled_unaccounted_checks 0.0" in fettled.metrics(), "the gauge")
        assert fettled.stop() == 0

        # Its history is whole once it has ended; the store is asked itself then.
        account = fettled.run("account", "--since", "1h", "--json")
        assert account.returncode == 0, account.stdout + account.stderr
        found = json.loads(account.stdout)
        assert [each["check"] for each in found["items"]] == ["door-1/port"]
        assert {"ticket", "gate", "debounce"} <= found["items"][0]["seconds"].keys()
        assert found["unmapped"] == []
