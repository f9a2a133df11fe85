"""A fault says what helps: where a key belongs, which name is wrong, where the other one is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Refuse = Callable[..., list[str]]

CHECK_OR_DEFAULTS = "belongs to a check, or to defaults"
POLICY = "belongs to a policy: under policy of a target or check, or under policies"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "targets: [{subject: a, type: device, interval: 1m}]",
            f"targets[0].interval: interval {CHECK_OR_DEFAULTS}",
        ),
        (
            "targets: [{subject: a, type: device, retry_interval: 1m}]",
            f"targets[0].retry_interval: retry_interval {CHECK_OR_DEFAULTS}",
        ),
        (
            "policies: {default: {timeout: 1m}}",
            f"policies.default.timeout: timeout {CHECK_OR_DEFAULTS}",
        ),
        ("interval: 1m", f"interval: interval {CHECK_OR_DEFAULTS}"),
        (
            "targets: [{subject: a, type: device, primary: true}]",
            "targets[0].primary: primary belongs to a check",
        ),
        (
            "targets: [{subject: a, type: device, open_after: 1m}]",
            f"targets[0].open_after: open_after {POLICY}",
        ),
        (
            "targets: [{subject: a, type: device, check: {type: icmp, host: b, publish: false}}]",
            f"targets[0].check.publish: publish {POLICY}",
        ),
        ("defaults: {reopen_window: 1h}", f"defaults.reopen_window: reopen_window {POLICY}"),
    ],
)
def test_a_key_at_the_wrong_level_is_told_where_it_belongs(
    text: str, said: str, refuse: Refuse
) -> None:
    """The word is right, so no other word is suggested."""
    lines = refuse(text)

    assert len(lines) == 1
    assert lines[0].endswith(said)


@pytest.mark.parametrize("name", ["my policy", "Büro (alt)", "R&D", "-"])
def test_a_name_that_is_wrong_is_shown_where_it_is_plain_words(name: str, refuse: Refuse) -> None:
    """Else the very thing to be corrected is hidden; a lone mark stays hidden."""
    shown = name if name != "-" else "***"
    text = f'policies: {{"{name}": {{}}}}\n'
    lines = refuse(text + f"targets: [{{subject: a, type: device, checks: {{'{name}': {{}}}}}}]")

    assert f": policies.{shown}: must be made of" in lines[0]
    assert any(f": targets[0].checks.{shown}: must be made of" in line for line in lines)


@pytest.mark.parametrize(
    "key",
    ["postgresql://ann:secret@db", "secret!x", "a" * 30 + " secret " + "b" * 30, "x\\e[31msecret"],
)
def test_a_key_that_may_be_a_slip_of_a_value_is_hidden(key: str, refuse: Refuse) -> None:
    """
    Long ones, and those with marks of URLs, logins and terminals.

    Seen to fail with every printable key of any length shown.
    """
    lines = refuse(f'policies: {{"{key}": {{}}}}')

    assert len(lines) == 1
    assert ": policies.***: " in lines[0]
    assert "secret" not in lines[0]


def test_a_second_subject_names_the_place_of_the_first(tmp_path: Path, refuse: Refuse) -> None:
    """Also in another file; with thousands of targets "above" is no help."""
    (tmp_path / "more.yaml").write_text("\ntargets: [{subject: a, type: device}]\n")
    lines = refuse("include: more.yaml\ntargets: [{subject: a, type: device}]")

    assert len(lines) == 1
    assert lines[0] == (
        "more.yaml:2:21: targets[0].subject: is the subject of another one too;"
        " change one of the two (the first: fettled.yaml:2)"
    )


@pytest.mark.parametrize(
    ("status", "faults"), [("99", 1), ("[99]", 1), ("[99, abc]", 2), ("[99, 2xx]", 1), ("[]", 1)]
)
def test_a_wrong_status_is_one_fault(status: str, faults: int, refuse: Refuse) -> None:
    """
    A list of wrong codes is not also said to be too short; an empty one is.

    Seen to fail as pydantic reports it.
    """
    check = f"{{type: http, url: 'http://x/', expect: {{status: {status}}}}}"
    lines = refuse(f"targets: [{{subject: a, type: service, check: {check}}}]")

    assert len(lines) == faults
    assert ("must hold at least 1" in lines[0]) == (status == "[]")


def test_a_url_with_a_blank_is_told_so(refuse: Refuse) -> None:
    """The scheme is right, so the message is about the blank."""
    check = "{type: http, url: 'http://x/a b'}"
    lines = refuse(
        f"server: {{public_url: 'https://a b/'}}\n"
        f"targets: [{{subject: a, type: service, check: {check}}}]"
    )

    assert [line.partition("url: ")[2] for line in lines] == [
        "holds a blank: a URL has none, write %20 for it"
    ] * 2
