"""Completion in the shells: names at once, tickets within a second, never an error."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from time import monotonic

import pytest

from cli.fake_daemon import TICKET, FakeDaemon
from cli.test_when_nobody_answers import serving
from fettled.cli.completing import BOUND

LIST = "/api/v1/tickets"


def _complete(shell: str, line: str, env: dict[str, str] | None = None) -> tuple[str, str]:
    """Press Tab at the end of *line*; stdout and stderr."""
    words = line.split(" ")
    variables = {name: text for name, text in os.environ.items() if not name.startswith("FETTLED_")}
    variables |= {
        "_FETTLED_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        **(env or {}),
    }
    done = subprocess.run(
        [sys.executable, "-m", "fettled"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=variables,
    )
    assert done.returncode == 0
    return done.stdout, done.stderr


def _offered(line: str, env: dict[str, str] | None = None) -> list[str]:
    out, err = _complete("bash", line, env)
    assert err == ""
    return out.split()


SILENT = {
    "nobody there": "unix:/nowhere/at-all",
    "no address": "nonsense",
    "no such host": "http://no-such-host.invalid",
}


@pytest.mark.parametrize("url", SILENT.values(), ids=SILENT)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_daemon_that_is_not_there_offers_nothing_and_says_nothing(shell: str, url: str):
    """Whoever presses Tab is not told of errors in the middle of a line."""
    out, err = _complete(shell, "fettled tickets take ", {"FETTLED_URL": url})

    assert err == ""
    assert "Traceback" not in out
    assert out.strip() in {"", "_files"}


def test_no_configuration_offers_nothing(tmp_path: Path):
    """Neither one that is not there, nor one that cannot be read, nor the store itself."""
    (tmp_path / "bad.yaml").write_text("store: [")

    for config in ("/nowhere.yaml", str(tmp_path / "bad.yaml")):
        assert _offered("fettled tickets take ", {"FETTLED_CONFIG": config}) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "bad.yaml"]


@pytest.mark.parametrize(
    "answer", [[1, 2], {"items": [{}]}, {"items": 7}, {"items": ["x"]}, {"items": [None]}]
)
def test_what_is_no_list_of_tickets_offers_nothing(daemon: FakeDaemon, answer: object):
    """A stranger's answer is no completion."""
    daemon.reply("GET", LIST, answer)

    assert _offered("fettled tickets take ", {"FETTLED_URL": daemon.url}) == []


def test_a_daemon_that_hangs_costs_a_second(tmp_path: Path):
    """The line comes back, and nothing is offered."""

    def mute(_: object, over: threading.Event) -> None:
        over.wait(20)

    with serving(tmp_path / "s", mute):
        began = monotonic()
        offered = _offered("fettled tickets take ", {"FETTLED_URL": f"unix:{tmp_path}/s"})
        took = monotonic() - began

    assert offered == []
    # A deadline that were not minded would cost 15 s; starting Python costs the rest.
    assert BOUND <= took < 10 * BOUND


def test_a_title_cannot_run_a_command(daemon: FakeDaemon):
    """
    What zsh is given it evaluates: of a title nothing but letters and harmless signs gets there.

    Seen to fail without `_harmless`: a backslash before the closing quote ended the string.
    """
    evil = {**TICKET, "title": "Door $(touch /x) `id` \"; id; ' [bold]x[/bold] \n| & > <\\"}
    odd = {**TICKET, "number": "1;id", "title": "x"}
    daemon.reply("GET", LIST, {"items": [evil, odd], "next": None})

    out, _ = _complete("zsh", "fettled tickets take ", {"FETTLED_URL": daemon.url})

    assert out == '_arguments \'*: :(("42":"Door (touch /x) id id bold x /bold"))\'\n'


def test_tickets_that_the_command_can_be_about_are_offered(daemon: FakeDaemon):
    """Open ones, newest first; resolved ones where they are reopened or closed."""
    daemon.reply("GET", LIST, {"items": [{**TICKET, "number": n} for n in (9, 42, 41)]})
    env = {"FETTLED_URL": daemon.url}

    assert _offered("fettled tickets take ", env) == ["9", "42", "41"]
    assert _offered("fettled tickets take 4", env) == ["42", "41"]
    assert _offered("fettled tickets take 41 ", env) == ["9", "42", "41"]
    assert set(_offered("fettled tickets close INC", env)) == {"INC-20261121-000042"}
    asked = [one.path.partition("status=")[2] for one in daemon.asked]
    assert asked == ["open%2Cassigned%2Cin_progress%2Cpending"] * 3 + ["resolved"]


def test_the_line_s_own_daemon_is_asked(daemon: FakeDaemon):
    """`--url` on the line counts, as it will when the line is run."""
    daemon.reply("GET", LIST, {"items": [TICKET]})

    line = f"fettled tickets take --url {daemon.url} "

    assert _offered(line, {"FETTLED_URL": "unix:/nowhere"}) == ["42"]


@pytest.mark.parametrize(
    ("typed", "path", "item"),
    [
        ("tickets assign 42 --to ", "/api/v1/users", {"name": "ann", "full_name": "Ann Example"}),
        ("tickets assign 42 --team ", "/api/v1/teams", {"name": "net"}),
        ("tickets assign 42 --shift ", "/api/v1/schedules", {"name": "nights"}),
        ("tickets escalate 42 --to ", "/api/v1/teams", {"name": "net"}),
        ("tickets list --assignee ", "/api/v1/users", {"name": "ann"}),
        ("tickets list --subject ", "/api/v1/subjects", {"key": "door-1", "name": "Door 1"}),
        ("tickets create x --assign ", "/api/v1/users", {"name": "ann"}),
        ("why ", "/api/v1/subjects", {"key": "door-1", "name": "Door 1"}),
        ("subjects show ", "/api/v1/subjects", {"key": "door-1", "name": "Door 1"}),
        ("silence add ", "/api/v1/subjects", {"key": "door-1", "name": "Door 1"}),
        ("window add ", "/api/v1/subjects", {"key": "door-1", "name": "Door 1"}),
        ("maintenances add ", "/api/v1/subjects", {"key": "door-1"}),
        ("changes list --subject ", "/api/v1/subjects", {"key": "door-1"}),
        ("probe ", "/api/v1/subjects", {"key": "door-1"}),
        ("heartbeat ", "/api/v1/subjects", {"key": "door-1"}),
        ("oncall ", "/api/v1/schedules", {"name": "nights"}),
        ("stats --team ", "/api/v1/teams", {"name": "net"}),
        ("token create --user ", "/api/v1/users", {"name": "ann"}),
        ("receivers test ", "/api/v1/receivers", {"name": "hook", "type": "webhook"}),
        ("receivers enable ", "/api/v1/receivers", {"name": "hook"}),
        ("dead-letters --receiver ", "/api/v1/receivers", {"name": "hook"}),
        ("dead-letters resend ", "/api/v1/dead-letters", {"number": "17"}),
        ("audit list --actor ", "/api/v1/users", {"name": "ann"}),
    ],
)
def test_people_teams_and_subjects_are_offered(
    daemon: FakeDaemon, typed: str, path: str, item: dict[str, str]
):
    """
    By the name that the option or the argument takes.

    Seen to fail for all but those of `tickets`, which alone said what they take.
    """
    daemon.reply("GET", path, {"items": [item], "next": None})

    offered = _offered(f"fettled {typed}", {"FETTLED_URL": daemon.url})

    assert offered == [item.get("key") or item.get("number") or item["name"]]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_names_of_commands_and_words_need_no_daemon(shell: str):
    """Commands, options and closed lists of values are known here."""
    assert "snooze" in _complete(shell, "fettled tickets sn")[0]
    assert "--office-hours" in _complete(shell, "fettled tickets snooze --off")[0]
    assert "workaround" in _complete(shell, "fettled tickets resolve 42 --code wo")[0]


def test_a_name_is_completed_at_once():
    """
    Without a daemon's answer nothing is waited for: within 0.3 s where nothing else runs.

    Held by what it imports rather than by a clock, which a busy machine would blame: the
    store, the HTTP stack and rich stay out, and no thread is begun.
    """
    code = (
        "import sys, threading\n"
        "begun = []\n"
        "threading.Thread.start = lambda self: begun.append(self)\n"
        "from fettled.cli import main\n"
        "try:\n"
        "    main([])\n"
        "except SystemExit:\n"
        "    pass\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "heavy = {'sqlalchemy', 'aiohttp', 'apscheduler', 'structlog', 'uvloop', 'rich', 'yaml'}\n"
        "print(sorted(names & heavy), begun)\n"
    )
    variables = {**os.environ, "_FETTLED_COMPLETE": "complete_bash"}
    variables |= {"COMP_WORDS": "fettled tickets sn", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        env=variables,
    )

    assert done.stdout.split("\n") == ["snooze", "[] []", ""]


def test_the_script_for_the_shell_is_printed():
    """`--show-completion` prints what the shell in use is to read, and the shell takes it."""
    command = f'eval "$({sys.executable} -m fettled --show-completion)"; complete -p fettled'
    done = subprocess.run(
        ["bash", "--norc", "-c", command], capture_output=True, text=True, check=False, timeout=30
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "complete -o default -F _fettled_completion fettled\n"
