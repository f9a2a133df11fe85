"""Answers that are lost on their way: nothing is done twice, and nobody is left in doubt unsaid."""

from __future__ import annotations

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled

ACTIONS = "/api/v1/tickets/42/actions"


def _keys(daemon: FakeDaemon) -> list[str]:
    return [a.headers["Idempotency-Key"] for a in daemon.asked if a.method == "POST"]


def test_a_comment_whose_answer_was_lost_is_there_once(fettled: Fettled, daemon: FakeDaemon):
    """
    The request is sent once more by the same key, so that it takes effect once.

    Seen to fail with a key made anew for every try: the comment was there twice.
    """
    daemon.reply("POST", ACTIONS, TICKET)
    daemon.losing[ACTIONS] = 1

    result = fettled("tickets", "comment", "42", "On it.", "--url", daemon.url)

    assert (result.code, result.err) == (0, "")
    assert result.out.startswith("#42 commented")
    assert len(_keys(daemon)) == 2
    assert daemon.sent == [{"action": "comment", "body": "On it."}]
    assert len(daemon.done) == 1


def test_an_answer_that_is_lost_twice_is_told_with_the_doubt(fettled: Fettled, daemon: FakeDaemon):
    """Once more is all; that it may have been done is said, so that nobody does it again."""
    daemon.reply("POST", ACTIONS, TICKET)
    daemon.losing[ACTIONS] = 2

    result = fettled("tickets", "comment", "42", "On it.", "--url", daemon.url)

    assert (result.code, result.out) == (2, "")
    assert "it may have been done all the same: look before you try again" in result.err
    assert len(_keys(daemon)) == 2


def test_two_commands_have_two_keys(fettled: Fettled, daemon: FakeDaemon):
    """The same comment given twice by a person is two comments."""
    daemon.reply("POST", ACTIONS, TICKET)

    for _ in range(2):
        fettled("tickets", "comment", "42", "Again.", "--url", daemon.url)

    assert len(daemon.sent) == len(set(_keys(daemon))) == 2


@pytest.mark.parametrize(
    "typed",
    [("tickets", "adopt"), ("silence", "add", "door", "--for", "1h", "--reason", "x")],
    ids=" ".join,
)
def test_what_makes_something_has_a_key(
    fettled: Fettled, daemon: FakeDaemon, typed: tuple[str, ...]
):
    """It can be sent once more."""
    fettled(*typed, "--url", daemon.url)

    assert all(_keys(daemon))
    assert len(_keys(daemon)) == 1


def test_what_was_refused_is_not_sent_again(fettled: Fettled, daemon: FakeDaemon):
    """An answer is an answer, also where it is no."""
    daemon.problem("POST", ACTIONS, 503, "the store does not answer")

    fettled("tickets", "take", "42", "--url", daemon.url)

    assert len(_keys(daemon)) == 1


def test_a_beat_needs_no_key(fettled: Fettled, daemon: FakeDaemon):
    """
    A beat twice is a beat, and whoever beats every second must not run out of keys.

    The daemon takes 5,000 keys a day from one caller. Seen to fail with a key on every POST.
    """
    path = "/api/v1/heartbeats/backup"
    daemon.reply("POST", path, b"", 204)
    daemon.losing[path] = 1

    assert fettled("heartbeat", "backup", "--url", daemon.url).code == 0

    assert [asked.headers.get("Idempotency-Key") for asked in daemon.asked] == [None, None]
