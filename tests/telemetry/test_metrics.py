"""What GET /metrics says, and that it says it well."""

from __future__ import annotations

import subprocess

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import needs
from fettled.core.condition import Condition
from fettled.core.observations import Reason
from fettled.core.words import Gate, Phase, Verdict
from fettled.telemetry.metrics import Metrics
from telemetry.fleets import AT, make_change, make_fleet, make_observation, make_ticket

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


async def text_of(metrics: Metrics, accept: str = "") -> str:
    """Render and join."""
    return b"".join([chunk async for chunk in metrics.expose(accept).chunks]).decode()


@pytest.fixture
def metrics() -> Metrics:
    """Give metrics in which every family has something to show."""
    made = Metrics("0.1.0")
    made.fleet_changed(make_fleet("door-1/ping", "door-1/web", "hub/main"))
    made.observed(make_observation("door-1/ping", Verdict.UP, Reason.OK), Phase.HEALTHY)
    made.observed(make_observation("door-1/web", Verdict.DOWN, Reason.REFUSED), Phase.FIRING)
    made.changed(make_change(make_ticket(), "opened"))
    made.tickets_counted({("open", "high", "device_offline", "health_monitor"): 1})
    made.gated(Condition("hub/main", gate=Gate.VERIFY))
    made.daemon.ran_late(0.002)
    made.daemon.skipped("overload", 2)
    made.faulted("observe", ValueError())
    made.daemon.in_flight(3)
    made.daemon.store_answered(up=True)
    made.daemon.loop_lagged(0.001)
    made.daemon.reloaded(taken=True, at=AT)
    made.unaccounted(0)
    return made


async def test_promtool_has_nothing_to_object_to(metrics: Metrics):
    """The exposition is clean under `promtool check metrics`."""
    promtool = needs.program("promtool", "prometheus")
    done = subprocess.run(  # noqa: ASYNC221 - nothing else is on this loop
        [promtool, "check", "metrics"],
        input=await text_of(metrics),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


async def test_openmetrics_is_whole_and_says_the_same(metrics: Metrics):
    """The OpenMetrics form parses strictly, ends in one EOF and has the same families."""
    text = await text_of(metrics, OPENMETRICS)
    assert text.endswith("# EOF\n")
    assert text.count("# EOF") == 1
    families = {family.name for family in text_string_to_metric_families(text)}
    assert {"fettled_probe_success", "fettled_tickets", "fettled_probes"} <= families
    assert metrics.expose(OPENMETRICS).content_type.startswith("application/openmetrics-text")
    assert metrics.expose().content_type.startswith("text/plain")


async def test_each_check_has_its_figures(metrics: Metrics):
    """Up is 1, not-up is 0, each with its duration; the phase is the primary check's."""
    text = await text_of(metrics)
    assert 'fettled_probe_success{subject="door-1",check="ping"} 1\n' in text
    assert 'fettled_probe_success{subject="door-1",check="web"} 0\n' in text
    assert 'fettled_probe_duration_seconds{subject="door-1",check="web"} 0.25\n' in text
    assert 'fettled_subject_phase{subject="door-1",phase="healthy"} 1\n' in text
    assert 'fettled_subject_phase{subject="hub",phase="unknown"} 1\n' in text
    assert 'fettled_probes_skipped_total{cause="overload"} 2.0\n' in text
    assert "fettled_in_flight_probes 3.0\n" in text
    assert "fettled_store_up 1.0\n" in text
    assert 'fettled_probes_total{reason="refused",type="http",verdict="down"} 1.0\n' in text


async def test_unknown_is_neither_success_nor_failure(metrics: Metrics):
    """Unknown is not down: it has no sample, so that no rule can read it as an outage."""
    seen = make_observation("door-1/ping", Verdict.UNKNOWN, Reason.STALLED, 2)
    metrics.observed(seen, Phase.HEALTHY)
    text = await text_of(metrics)
    assert 'fettled_probe_success{subject="door-1",check="ping"}' not in text
    assert 'fettled_probe_duration_seconds{subject="door-1",check="ping"}' not in text
    assert 'verdict="unknown"} 1.0' in text


async def test_the_series_of_a_removed_check_vanish(metrics: Metrics):
    """After a reload only what is configured is shown; what stayed keeps its figures."""
    metrics.fleet_changed(make_fleet("door-1/ping", "new/main"))
    metrics.observed(make_observation("hub/main", Verdict.UP, Reason.OK, 9), Phase.HEALTHY)
    text = await text_of(metrics)
    assert "web" not in text
    assert "hub" not in text
    assert 'fettled_probe_success{subject="door-1",check="ping"} 1\n' in text
    assert 'fettled_subject_phase{subject="new",phase="unknown"} 1\n' in text


async def test_a_passive_check_has_no_duration(metrics: Metrics):
    """A heartbeat is not run, so how long it took means nothing."""
    metrics.fleet_changed(make_fleet("cron/main", passive=True))
    metrics.observed(make_observation("cron/main", Verdict.UP, Reason.OK), Phase.HEALTHY)
    text = await text_of(metrics)
    assert 'fettled_probe_success{subject="cron",check="main"} 1\n' in text
    assert "fettled_probe_duration_seconds{" not in text


async def test_restored_phases_are_shown_before_the_first_observation(metrics: Metrics):
    """What the store remembers as firing is not shown as unknown after a start."""
    metrics.conditions_restored([Condition("hub/main", phase=Phase.FIRING), Condition("gone/x")])
    assert 'fettled_subject_phase{subject="hub",phase="firing"} 1\n' in await text_of(metrics)


def tickets_line(status: str, kind: str, count: int, source: str = "health_monitor") -> str:
    """Write the line of a count."""
    labels = f'kind="{kind}",priority="high",source="{source}",status="{status}"'
    return f"fettled_tickets{{{labels}}} {count}.0\n"


async def test_tickets_are_what_the_store_counted_last(metrics: Metrics):
    """
    A ticket stands where it is now; where none is left the series goes on at 0.

    Among others one that was resolved before the start and comes back as unstable: seen to
    fail with counts that were moved by guessing what a changed ticket had been.
    """
    metrics.tickets_counted(
        {
            ("open", "high", "device_offline", "health_monitor"): 1,
            ("resolved", "high", "device_offline", "health_monitor"): 2,
        }
    )
    reopened = make_ticket(3, kind="unstable", version=4)
    metrics.changed(make_change(reopened, "reopened", 4))
    metrics.tickets_counted(
        {
            ("open", "high", "unstable", "health_monitor"): 1,
            ("resolved", "high", "device_offline", "health_monitor"): 1,
        }
    )
    text = await text_of(metrics)
    assert tickets_line("open", "device_offline", 0) in text
    assert tickets_line("open", "unstable", 1) in text
    assert tickets_line("resolved", "device_offline", 1) in text
    assert text.count("fettled_tickets{") == 3


async def test_kinds_that_people_make_up_make_no_series(metrics: Metrics):
    """Free text is counted as `other`: a thousand kinds are one series."""
    metrics.tickets_counted(
        {("open", "high", f"odd smell {number}", "user"): 1 for number in range(1_000)}
    )
    text = await text_of(metrics)
    assert "odd smell" not in text
    assert tickets_line("open", "other", 1000, "user") in text


async def test_labels_are_escaped(metrics: Metrics):
    """Whatever a name holds, it can neither end its label nor begin a line."""
    metrics.fleet_changed(make_fleet('a"b\\c\nd/x'))
    text = await text_of(metrics)
    assert 'fettled_subject_phase{subject="a\\"b\\\\c\\nd",phase="unknown"} 1\n' in text
