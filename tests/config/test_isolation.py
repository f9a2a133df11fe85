"""The section `isolation`, and what a check requires of the network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from fettled.config.fleet import make_fleet
from fettled.config.loader import Loaded
from fettled.core.isolation import Rules
from fettled.core.words import Requires
from fettled.ports import Fleet
from fettled.probes.tools import open_tools

Load = Callable[..., Loaded]
Refuse = Callable[..., list[str]]

TARGET = "targets: [{subject: a, type: device, check: {type: tcp, host: HOST, port: 1}}]"


async def _fleet(loaded: Loaded) -> Fleet:
    async with open_tools(wall=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as tools:
        return make_fleet(loaded.settings, tools)


async def test_without_a_section_the_gateway_is_the_only_canary(load_text: Load) -> None:
    """And the thresholds are the documented ones."""
    spec = (await _fleet(load_text("targets: []"))).isolation

    assert spec.enabled
    assert spec.rules == Rules(quorum=1, min_checks=10, hold=timedelta(minutes=5))
    assert [(c.canary.name, c.canary.network) for c in spec.canaries] == [("gateway", Requires.LAN)]


async def test_canaries_are_checks_options_or_host_and_port(load_text: Load) -> None:
    """What an answer proves is told by the address, or by `requires`."""
    text = """
isolation:
  gateway: false
  quorum: 2
  min_checks: 20
  hold: 1m
  timeout: 2s
  canaries:
    - 9.9.9.9:443
    - "[fd00::1]:53"
    - {type: icmp, host: 192.168.1.1, timeout: 1s}
    - {type: dns, name: example.org, servers: [1.1.1.1]}
    - {type: tcp, host: proxy, port: 3128, requires: internet}
    - 127.0.0.1:53
targets: []
"""
    spec = (await _fleet(load_text(text))).isolation

    assert spec.rules == Rules(2, 20, timedelta(minutes=1))
    assert [(c.canary.name, c.canary.network.value, c.timeout.seconds) for c in spec.canaries] == [
        ("9.9.9.9:443", "internet", 2),
        ("fd00::1:53", "lan", 2),
        ("192.168.1.1 (icmp)", "lan", 1),
        ("1.1.1.1 (dns)", "internet", 2),
        ("proxy:3128", "internet", 2),
        ("127.0.0.1:53", "lan", 2),
    ]


@pytest.mark.parametrize(
    ("host", "target", "check", "requires"),
    [
        ("10.0.0.1", "", "", Requires.LAN),
        ("127.0.0.1", "", "", Requires.NONE),
        ("localhost", "", "", Requires.NONE),
        ("api.acme.example", "", "", Requires.INTERNET),
        ("10.0.0.1", "requires: internet, ", "", Requires.INTERNET),
        ("10.0.0.1", "requires: internet, ", ", requires: none", Requires.NONE),
        ("127.0.0.1", "requires: lan, ", "", Requires.LAN),
    ],
)
async def test_what_a_check_requires(
    host: str, target: str, check: str, requires: Requires, load_text: Load
) -> None:
    """Its own word, the target's, or its address: a check on this machine needs nothing."""
    text = TARGET.replace("HOST", host).replace("type: device, ", f"type: device, {target}")
    loaded = load_text(text.replace("port: 1", f"port: 1{check}"))

    assert (await _fleet(loaded)).checks["a/main"].requires is requires


async def test_a_template_may_say_what_its_targets_require(load_text: Load) -> None:
    """As any other key of a target."""
    text = TARGET.replace("HOST", "10.0.0.1").replace("subject: a, ", "subject: a, use: far, ")
    loaded = load_text(f"templates: {{far: {{requires: internet}}}}\n{text}")

    assert (await _fleet(loaded)).checks["a/main"].requires is Requires.INTERNET


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("canaries: [gw]", "isolation.canaries[0]: must be host:port, such as 192.0.2.1:443 or"),
        ("canaries: [9]", "isolation.canaries[0]: must be a mapping"),
        ("canaries: ['fd00::1:53']", "isolation.canaries[0]: must be host:port"),
        ("canaries: ['a:0']", "isolation.canaries[0]: must be at least 1"),
        (
            "canaries: [{type: heartbeat, period: 1m}]",
            "isolation.canaries[0]: a heartbeat reports by itself and cannot be asked",
        ),
        (
            "canaries: [{type: icmp, host: a, interval: 5s, policy: {open_after: 1s}}]",
            "isolation.canaries[0]: a canary is asked on demand and has no interval or policy",
        ),
        ("quorum: 2", "isolation: asks for a quorum of 2, and there are 1 canaries: lower it"),
        ("quorum: 0", "isolation.quorum: must be at least 1"),
        ("hold: 0s", "isolation.hold: must be longer than zero"),
        ("canary: []", "isolation.canary: unknown key; did you mean canaries?"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cure(
    section: str, sentence: str, refuse: Refuse
) -> None:
    """One line, with the place."""
    (line,) = refuse(f"isolation: {{{section}}}\ntargets: []\n")

    assert sentence in line
    assert line.startswith("fettled.yaml:1:")


def test_requires_stands_at_a_target_or_a_check_only(refuse: Refuse) -> None:
    """Elsewhere it is told where it belongs."""
    (line,) = refuse("defaults: {requires: lan}\ntargets: []\n")
    assert "requires belongs to a target or a check" in line

    (line,) = refuse(TARGET.replace("HOST", "a").replace("port: 1", "port: 1, requires: wan"))
    assert "must be one of internet, lan, none" in line
