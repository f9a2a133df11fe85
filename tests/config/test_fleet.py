"""From settings to what is watched: keys, times, primaries, former names, fingerprints."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fettled.config.fleet import make_fleet
from fettled.config.loader import Loaded, load
from fettled.core.errors import ConfigError
from fettled.core.policy import Storm
from fettled.ports import Fleet, HeartbeatSpec
from fettled.probes.tools import Tools, open_tools

Load = Callable[..., Loaded]

TCP = "{type: tcp, host: 127.0.0.1, port: 1}"


@pytest.fixture
async def tools() -> AsyncIterator[Tools]:
    """What probes share; nothing of it is opened here."""
    async with open_tools(wall=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as opened:
        yield opened


@pytest.fixture
def fleet_of(load_text: Load, tools: Tools) -> Callable[[str], Fleet]:
    """Make the fleet of a configuration given as text."""
    return lambda text: make_fleet(load_text(text).settings, tools)


async def test_a_subject_and_its_checks_are_as_configured(
    fleet_of: Callable[[str], Fleet],
) -> None:
    """Keys are `subject/check`; times come from the check, else from the defaults."""
    fleet = fleet_of(f"""
defaults: {{interval: 20s, timeout: 5s}}
access: {{teams: [{{name: net}}]}}
targets:
  - {{subject: hub, type: integration, check: {TCP}}}
  - subject: door
    name: Front door
    type: device
    parent: hub
    team: net
    labels: {{site: oslo}}
    on_remove: keep
    checks:
      ping: {{type: icmp, host: 127.0.0.1, interval: 3s, retry_interval: 1s, timeout: 2s}}
      web: {{type: http, url: "http://127.0.0.2:8080/"}}
""")
    door, ping, web = fleet.subjects["door"], fleet.checks["door/ping"], fleet.checks["door/web"]

    assert (door.name, door.parent, door.team) == ("Front door", "hub", "net")
    assert door.labels == {"site": "oslo"}
    assert fleet.subjects["hub"].name == "hub"
    assert (ping.interval, ping.timeout) == (timedelta(seconds=3), timedelta(seconds=2))
    assert (web.interval, web.timeout) == (timedelta(seconds=20), timedelta(seconds=5))
    assert web.retry_interval == timedelta(seconds=15)
    assert (ping.host, web.host) == ("127.0.0.1", "127.0.0.2")
    assert (ping.primary, web.primary) == (True, False)
    assert ping.keep_on_removal
    assert not fleet.checks["hub/main"].keep_on_removal
    assert ping.probe is not None


@pytest.mark.parametrize(
    ("checks", "primary"),
    [
        ("a: {type: tls, host: x}, b: {type: icmp, host: x}, c: {type: icmp, host: x}", "b"),
        ("a: {type: icmp, host: x}, b: {type: icmp, host: x, primary: true}", "b"),
        ("a: {type: tls, host: x}", None),
    ],
)
async def test_the_primary_is_the_first_or_the_chosen_and_never_a_certificate(
    checks: str, primary: str | None, fleet_of: Callable[[str], Fleet]
) -> None:
    """A subject whose only check is a certificate's has no primary: nothing is gated by it."""
    fleet = fleet_of(f"targets: [{{subject: s, type: service, checks: {{{checks}}}}}]")

    assert [c.name for c in fleet.checks.values() if c.primary] == ([primary] if primary else [])


async def test_a_heartbeat_has_no_probe_and_counts_by_no_host(
    fleet_of: Callable[[str], Fleet],
) -> None:
    """Its evidence is pushed to us."""
    check = fleet_of(
        "targets: [{subject: s, type: other, check: {type: heartbeat, period: 1h, grace: 5m}}]"
    ).checks["s/main"]

    assert (check.probe, check.host) == (None, "")
    assert check.heartbeat == HeartbeatSpec(timedelta(hours=1), timedelta(minutes=5))


@pytest.mark.parametrize(
    ("subject", "check", "former"),
    [
        ("", "", None),
        ("formerly: old, ", "", "old/web"),
        ("", ", formerly: www", "new/www"),
        ("formerly: old, ", ", formerly: www", "old/www"),
    ],
)
async def test_a_former_name_is_the_whole_key_that_the_check_had(
    subject: str, check: str, former: str | None, fleet_of: Callable[[str], Fleet]
) -> None:
    """Renaming the subject, the check, or both gives the one key that state is kept under."""
    fleet = fleet_of(
        f"targets: [{{subject: new, {subject}type: device, checks:"
        f" {{web: {{type: icmp, host: x{check}}}}}}}]"
    )

    assert fleet.checks["new/web"].formerly == former


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ("", True),
        (", interval: 5s, primary: true, policy: {open_after: 1s}", True),
        (", body: other", False),
        (", verify: false", False),
    ],
)
async def test_the_fingerprint_changes_with_the_probe_and_nothing_else(
    change: str, fleet_of: Callable[[str], Fleet], *, is_same: bool
) -> None:
    """A reload replaces a probe whose options changed, secrets included."""
    text = "targets: [{{subject: s, type: device, check: {{type: http, url: 'http://x/'{}}}}}]"
    first = fleet_of(text.format("" if "body" not in change else ", body: one"))
    second = fleet_of(text.format(change))

    assert (first.checks["s/main"].fingerprint == second.checks["s/main"].fingerprint) is is_same
    assert "one" not in first.checks["s/main"].fingerprint


async def test_a_file_that_vanishes_after_the_reading_is_told_for_every_check(
    tmp_path: Path, tools: Tools
) -> None:
    """There is no place to point at any more, so the check and the option are named."""
    path = tmp_path / "fettled.yaml"
    check = '{type: http, url: "http://x/", ca_file: /none.pem}'
    path.write_text(f"targets: [{{subject: a, type: service, check: {check}}}]")
    settings = load(path, {}, with_files=False).settings

    with pytest.raises(ConfigError, match=r"a/main: ca_file: /none\.pem cannot be read"):
        make_fleet(settings, tools)


async def test_the_settings_can_be_let_go_once_the_fleet_is_made(
    load_text: Load, tools: Tools
) -> None:
    """
    Neither specs nor probes hold on to what was read.

    Seen to fail with the probes made from the check as read instead of its own options.
    """
    loaded = load_text(f"targets: [{{subject: s, type: device, check: {TCP}}}]")
    fleet = make_fleet(loaded.settings, tools)
    held = [weakref.ref(loaded.settings.targets[0]), weakref.ref(loaded.settings.targets[0].check)]
    del loaded
    gc.collect()

    assert [ref() for ref in held] == [None, None]
    assert fleet.checks["s/main"].probe is not None


async def test_ten_thousand_targets_load_into_as_many_checks(load_text: Load, tools: Tools) -> None:
    """The size that the start is measured at stays within every limit of the reader."""
    lines = [
        f"  - subject: dev-{n:05}\n    type: device\n"
        f"    labels: {{site: s{n % 50}, floor: {n % 9}}}\n"
        f"    check: {{type: icmp, host: 10.0.{n // 250}.{n % 250}, interval: 30s}}\n"
        for n in range(10_000)
    ]
    loaded = load_text("targets:\n" + "".join(lines))

    assert len(make_fleet(loaded.settings, tools).checks) == 10_000


async def test_the_brake_is_there_unless_it_is_switched_off(
    fleet_of: Callable[[str], Fleet],
) -> None:
    """`storm:` reaches the fleet; without the section the shipped one holds."""
    assert fleet_of("targets: []").storm == Storm()
    assert fleet_of("storm: {opens: 7, window: 1m}").storm == Storm(7, timedelta(minutes=1))
    assert fleet_of("storm: {enabled: false, opens: 7}").storm is None


async def test_a_runbook_may_come_from_a_template_and_is_one_line(
    fleet_of: Callable[[str], Fleet],
) -> None:
    """A target's own goes before its template's; it is told in a line, so it is one."""
    text = """
templates: {door: {type: device, runbook: https://wiki.example/doors}}
targets:
  - {subject: a, use: door}
  - {subject: b, use: door, runbook: "Call the janitor, 555"}
  - {subject: c, type: device}
"""
    subjects = fleet_of(text).subjects
    assert [subjects[key].runbook for key in "abc"] == [
        "https://wiki.example/doors",
        "Call the janitor, 555",
        "",
    ]
    with pytest.raises(ConfigError, match=r"runbook.*must be one line"):
        fleet_of('targets: [{subject: a, type: device, runbook: "one\\ntwo"}]')


def test_the_zone_of_notifications_is_one_that_is_known(load_text: Load) -> None:
    """UTC where nobody says; a name that no clock goes by is refused."""
    assert load_text("targets: []").settings.server.time_zone == "UTC"
    oslo = load_text("server: {time_zone: Europe/Oslo}").settings
    assert oslo.server.time_zone == "Europe/Oslo"
    with pytest.raises(ConfigError, match=r"time_zone.*is not a time zone"):
        load_text("server: {time_zone: Europe/Olso}")
