from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer.main
from typer.core import TyperGroup, TyperOption

from cli.fake_daemon import Fettled
from fettled.cli.app import app


def _commands(command: object, typed: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield typed
    if isinstance(command, TyperGroup):
        for name, part in command.commands.items():
            yield from _commands(part, (*typed, name))


ROOT = typer.main.get_command(app)
COMMANDS = list(_commands(ROOT))


def _leaf(typed: tuple[str, ...]) -> object:
    found: object = ROOT
    for name in typed:
        assert isinstance(found, TyperGroup)
        found = found.commands[name]
    return found


LEAVES = [typed for typed in COMMANDS if not isinstance(_leaf(typed), TyperGroup)]


def test_every_promised_command_is_there():
    """The commands of the reference are the commands of the program."""
    assert {" ".join(typed) for typed in LEAVES} == {
        "run",
        "demo",
        "check-config",
        "config schema",
        "probe",
        "why",
        "account",
        "oncall",
        "simulate",
        "workflows try",
        "tickets list",
        "tickets show",
        "tickets comment",
        "tickets resolve",
        "tickets reopen",
        "tickets create",
        "tickets edit",
        "tickets delete",
        "tickets take",
        "tickets start",
        "tickets move-to-open",
        "tickets hold",
        "tickets resume",
        "tickets close",
        "tickets assign",
        "tickets unassign",
        "tickets escalate",
        "tickets snooze",
        "tickets unsnooze",
        "tickets attach",
        "tickets export",
        "tickets actions",
        "receivers list",
        "receivers test",
        "receivers enable",
        "receivers secret",
        "dead-letters list",
        "dead-letters resend",
        "subjects list",
        "subjects show",
        "silence add",
        "silence list",
        "silence end",
        "window add",
        "window list",
        "window end",
        "stats",
        "maintenances list",
        "maintenances add",
        "changes list",
        "changes add",
        "alerts try",
        "token create",
        "token list",
        "token revoke",
        "audit verify",
        "audit head",
        "audit list",
        "db check",
        "db backup",
        "db upgrade",
        "reload",
        "tickets adopt",
        "health-check",
        "heartbeat",
    }


@pytest.mark.parametrize("typed", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(fettled: Fettled, typed: tuple[str, ...]):
    """`--help` prints usage on stdout and succeeds."""
    result = fettled(*typed, "--help")

    assert (result.code, result.err) == (0, "")
    assert "Usage: fettled" in result.out


#: Commands that no daemon and no configuration have a part in.
_BARE = {("demo",), ("config", "schema"), ("receivers", "secret"), ("alerts", "try")}


@pytest.mark.parametrize("typed", LEAVES, ids=" ".join)
def test_every_command_takes_a_configuration(typed: tuple[str, ...]):
    """`--config` works everywhere but where there is nothing to configure, or that is named."""
    names = {
        name
        for parameter in _leaf(typed).params
        if isinstance(parameter, TyperOption)
        for name in parameter.opts
    }

    assert ("--config" in names) == (typed not in _BARE)


def test_no_arguments_print_the_help(fettled: Fettled):
    """A newcomer who types the bare name sees what there is."""
    result = fettled()

    assert result.code == 0
    assert "check-config" in result.out


@pytest.mark.parametrize(
    "wrong",
    [
        ("nonsense",),
        ("tickets",),
        ("tickets", "show"),
        ("tickets", "list", "--nonsense"),
        ("tickets", "list", "--status", "broken"),
        ("tickets", "list", "--limit", "0"),
        ("tickets", "list", "--limit", "many"),
        ("token", "create"),
        ("receivers", "test"),
        ("dead-letters", "resend", "0"),
        ("run", "--config"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence_and_exit_2(fettled: Fettled, wrong: tuple[str, ...]):
    """What cannot be read is named, with the command whose help tells more."""
    result = fettled(*wrong)

    assert (result.code, result.out) == (2, "")
    assert len(result.err.splitlines()) == 1
    assert result.err.startswith("fettled: ")
    assert "--help'" in result.err
