"""A rule of a real Prometheus fires through a real Alertmanager into a ticket, and back."""

from __future__ import annotations

from pathlib import Path

from live import FAST, Daemon, daemon, wait_for
from prometheus import free_port, monitoring

TOKEN = "a-token-of-prometheus"
ALERTS = f"""
alerts:
  sources:
    - name: prometheus
      format: alertmanager
      token: {TOKEN}
      rules:
        - if: [{{path: labels.severity, value: critical}}]
          subject: "{{labels.instance}}"
          kind: disk_full
          level: P2
          region: "{{labels.region}}"
          application: Shop
"""
TARGETS = "  - {subject: web-1, type: service}\n"


def _configure(fettled: Daemon, port: int) -> None:
    fettled.write(TARGETS, FAST + ALERTS)
    text = fettled.config.read_text()
    fettled.config.write_text(text.replace("127.0.0.1:0", f"127.0.0.1:{port}"))


def _heard(fettled: Daemon) -> str:
    (source,) = fettled.get("/api/v1/alerts")["items"]
    return str(source["heard_at"])


def test_a_rule_that_fires_becomes_a_ticket_and_goes_with_it(tmp_path: Path) -> None:
    """One ticket with the rule's fields; repeats open nothing, its end resolves it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v1/alerts/prometheus"
    with (
        daemon(tmp_path / "home") as fettled,
        monitoring(tmp_path / "monitoring", url, TOKEN) as outside,
    ):
        _configure(fettled, port)
        fettled.start()

        outside.gauge.ratio = 0.97
        ticket = fettled.await_status(1, "open")
        assert ticket["title"] == "The disk of web-1:9100 is full"
        assert ticket["subject"]["key"] == "web-1"
        assert (ticket["kind"], ticket["priority"], ticket["level"]) == ("disk_full", "high", "P2")
        assert (ticket["region"], ticket["application"]) == ("oslo", "Shop")
        assert ticket["ownership"] == "alarm_detection"
        assert "https://runbooks.example.org/disk" in ticket["description"]

        first = _heard(fettled)
        wait_for(lambda: _heard(fettled) != first, "Alertmanager to repeat itself")
        assert fettled.events(1) == ["opened"]

        outside.gauge.ratio = 0.5
        fettled.await_status(1, "resolved")
        assert fettled.events(1) == ["opened", "resolved:auto_recovered"]

        outside.gauge.ratio = 0.99
        fettled.await_status(1, "open")
        assert [each["number"] for each in fettled.tickets()] == [1]
        assert fettled.events(1)[-1] == "reopened:relapse"
        assert fettled.stop() == 0
        assert fettled.err == ""


def test_what_ends_while_the_daemon_is_dead_resolves_once_it_lives(tmp_path: Path) -> None:
    """Killed with a ticket open, it finds it again; Alertmanager tells the end once it can."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/v1/alerts/prometheus"
    with (
        daemon(tmp_path / "home") as fettled,
        monitoring(tmp_path / "monitoring", url, TOKEN) as outside,
    ):
        _configure(fettled, port)
        fettled.start()
        outside.gauge.ratio = 0.97
        fettled.await_status(1, "open")

        fettled.kill()
        outside.gauge.ratio = 0.5
        wait_for(lambda: not outside.alerts(), "the alert to end at Alertmanager")
        fettled.start()

        fettled.await_status(1, "resolved")
        assert fettled.events(1) == ["opened", "resolved:auto_recovered"]
        assert fettled.stop() == 0
