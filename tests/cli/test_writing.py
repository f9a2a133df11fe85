"""Comments written in an editor."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled
from cli.terminal import drawn, plain

ACTIONS = "/api/v1/tickets/42/actions"


def _editor(home: Path, script: str) -> dict[str, str]:
    """Make an editor of a shell *script*, whose $1 is the file; it is called with an option."""
    path = home / "an editor"
    path.write_text(f"#!/bin/sh\nshift\n{script}\n")
    path.chmod(0o700)
    return {"EDITOR": f"'{path}' -w", "VISUAL": "", "TMPDIR": str(home)}


def _comment(daemon: FakeDaemon, env: dict[str, str]) -> str:
    return plain(drawn("tickets", "comment", "42", "--url", daemon.url, env=env))


def test_without_a_terminal_no_editor_opens(
    fettled: Fettled, daemon: FakeDaemon, monkeypatch: pytest.MonkeyPatch
):
    """A cron job is told what to write instead of waiting for ever."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("not meant"))
    monkeypatch.setenv("EDITOR", "false")

    result = fettled("tickets", "comment", "42", "--url", daemon.url)

    assert (result.code, result.out, daemon.asked) == (2, "", [])
    assert "- to read it from stdin" in result.err


FAILURES = {
    "none": ("", "no $EDITOR"),
    "not there": ("/nowhere/vi", "cannot run the editor '/nowhere/vi': No such file"),
    "cannot be read": ("vi '", "cannot run the editor"),
    "fails": ("false", "the editor left with 1: nothing was sent"),
    "leaves nothing": ("true", "the comment is empty: nothing was sent"),
}


@pytest.mark.parametrize(("editor", "told"), FAILURES.values(), ids=FAILURES)
def test_an_editor_that_leaves_nothing_sends_nothing(
    daemon: FakeDaemon, tmp_path: Path, editor: str, told: str
):
    """One sentence, and no file is left behind."""
    env = {"EDITOR": editor, "VISUAL": "", "TMPDIR": str(tmp_path)}

    out = _comment(daemon, env)

    assert told in out
    assert daemon.asked == []
    assert list(tmp_path.glob("fettled-*")) == []


def test_what_was_written_above_the_line_is_sent(daemon: FakeDaemon, tmp_path: Path):
    """Headings of markdown stay; the hint below does not."""
    daemon.reply("POST", ACTIONS, TICKET)
    env = _editor(
        tmp_path, 'printf "# Found\\n\\nthe fuse\\n%s" "$(cat "$1")" > "$1.new"; mv "$1.new" "$1"'
    )

    out = _comment(daemon, env)

    assert "#42 commented" in out
    assert daemon.sent == [{"action": "comment", "body": "# Found\n\nthe fuse"}]
    assert list(tmp_path.glob("fettled-*")) == []


def test_a_text_that_could_not_be_sent_is_kept(daemon: FakeDaemon, tmp_path: Path):
    """Ten minutes of writing are not lost to a daemon that restarts; nobody else reads them."""
    daemon.problem("POST", ACTIONS, 503, "the store does not answer")

    out = _comment(daemon, _editor(tmp_path, 'echo "long thoughts" > "$1"'))

    kept = re.search(r"the text is kept in (\S+)", out)
    assert kept is not None
    assert "the store does not answer" in out
    assert Path(kept[1]).read_text() == "long thoughts\n"
    assert Path(kept[1]).stat().st_mode & 0o077 == 0
