"""`tickets resolve`: what it offers, and what it says beyond the daemon's answer."""

from __future__ import annotations

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from fettled.core.effects import PEOPLES_CODES
from fettled.core.words import Code

PATH = "/api/v1/tickets/42"


def _daemon(daemon: FakeDaemon, versions: tuple[int, int], data: dict[str, str]) -> None:
    daemon.reply("GET", PATH, {**TICKET, "version": versions[0]})
    daemon.reply(
        "POST", f"{PATH}/actions", {**TICKET, "status": "resolved", "version": versions[1]}
    )
    entries = [{"seq": 1, "event": "opened", "data": {}}, {"seq": 2, "data": data}]
    daemon.reply("GET", f"{PATH}/timeline", {"items": entries, "next": None})


def test_the_monitor_s_own_codes_are_not_offered(fettled: Fettled, daemon: FakeDaemon):
    """Of all codes the machine's alone are left out, also of what a refusal names."""
    own = {Code.AUTO_RECOVERED, Code.MERGED, Code.TARGET_REMOVED}
    assert set(Code) - PEOPLES_CODES == own

    result = fettled("tickets", "resolve", 42, "--code", "merged", "--url", daemon.url)

    assert result.code == 2
    assert "wont_fix" in result.err
    assert "auto_recovered" not in result.err
    assert daemon.asked == []


def test_a_subject_that_is_still_down_is_told_of(fettled: Fettled, daemon: FakeDaemon):
    """Resolved all the same; the warning is no part of the answer."""
    _daemon(daemon, (3, 4), {"code": "fixed", "subject_phase": "firing"})

    result = fettled("tickets", "resolve", 42, "--url", daemon.url)

    assert (result.code, result.out) == (0, "#42 resolved\n")
    assert result.err.startswith("fettled: the subject of #42 is still firing")
    assert len(result.err.splitlines()) == 1
    assert fettled("tickets", "resolve", 42, "--json", "--url", daemon.url).json["number"] == 42


def test_a_subject_that_is_well_is_not_mentioned(fettled: Fettled, daemon: FakeDaemon):
    """Nothing to warn of."""
    _daemon(daemon, (3, 4), {"code": "fixed"})

    assert fettled("tickets", "resolve", 42, "--url", daemon.url).err == ""


def test_what_was_resolved_already_is_said_so(fettled: Fettled, daemon: FakeDaemon):
    """It succeeds, and nobody takes another's resolution for theirs."""
    _daemon(daemon, (4, 4), {"subject_phase": "firing"})

    result = fettled("tickets", "resolve", 42, "--url", daemon.url)

    assert (result.code, result.out) == (0, "#42 already resolved, nothing changed\n")
    assert result.err == ""
