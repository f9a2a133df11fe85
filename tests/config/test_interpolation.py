"""Values from elsewhere: each form, each way to fail, and that nothing is read twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fettled.config.interpolation import Sources
from fettled.config.loader import Loaded

Load = Callable[..., Loaded]

VARIABLES = {
    "A": "x",
    "EMPTY": "",
    "NESTED": "${A} $$ ${file:secret}",
    "YAML": "a: [b\n- c # d",
}


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """Variables, files of every kind, and a directory of credentials."""
    (tmp_path / "secret").write_bytes(b"s3cret: $A ${A}\n")
    (tmp_path / "windows").write_bytes(b"s3cret\r\n")
    (tmp_path / "lines").write_bytes(b"one\ntwo\n\n")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "token").write_bytes(b"t0ken")
    return Sources({**VARIABLES, "CREDENTIALS_DIRECTORY": str(credentials)}, tmp_path)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("${A}", "x"),
        ("a${A}b${A}", "axbx"),
        ("${A:-y}", "x"),
        ("${NONE:-y}", "y"),
        ("${EMPTY:-y}", "y"),
        ("${EMPTY}", ""),
        ("${NONE:-}", ""),
        ("${NONE:-a:-b $ c}", "a:-b $ c"),
        ("$$", "$"),
        ("$${A}", "${A}"),
        ("$$${A}", "$x"),
        ("$A $.devices[*] $", "$A $.devices[*] $"),
        ("${NESTED}", "${A} $$ ${file:secret}"),
        ("${NONE:-$${A}", "$${A"),
        ("${YAML}", "a: [b\n- c # d"),
        ("${file:secret}", "s3cret: $A ${A}"),
        ("${file:windows}", "s3cret"),
        ("${file:lines}", "one\ntwo\n"),
        ("Bearer ${cred:token}", "Bearer t0ken"),
    ],
)
def test_each_form_is_replaced_once(written: str, value: str, sources: Sources) -> None:
    """What comes in is neither YAML nor interpolated again."""
    assert sources.interpolate(written) == value


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("${NONE}", "environment variable NONE is not set"),
        ("${}", "unknown form"),
        ("${a b}", "unknown form"),
        ("${A:+x}", "unknown form"),
        ("${A", "without its }"),
        ("${file:none}", "file none cannot be read: No such file"),
        ("${file:credentials}", "file credentials cannot be read: Is a directory"),
        ("${file:}", "cannot be read"),
        ("${file:a\0b}", "cannot be read: not a file name"),
        ("${file:/dev/zero}", "larger than 64 KiB"),
        ("${cred:none}", "credential none cannot be read"),
        ("${cred:../secret}", "other characters"),
        ("${cred:}", "other characters"),
    ],
)
def test_each_failure_names_the_cure(written: str, sentence: str, sources: Sources) -> None:
    """What does not exist, is too large, or leads out of the credentials is refused."""
    with pytest.raises(ValueError, match=r".") as caught:
        sources.interpolate(written)

    assert sentence in str(caught.value)


def test_a_value_with_yaml_in_it_stays_one_value(load_text: Load) -> None:
    """
    A secret with a line break, a colon, a quote or a hash changes nothing around it.

    Seen to fail when the text was interpolated before it was parsed.
    """
    hostile = "x\nserver: {listen: '0.0.0.0:1'} # \"\t- &a *b"
    loaded = load_text("targets: [{subject: a, type: device, labels: {x: '${X}'}}]", X=hostile)

    assert loaded.settings.targets[0].labels == {"x": hostile}
    assert loaded.settings.server.listen == "127.0.0.1:8080"


def test_keys_are_not_interpolated(refuse: Callable[..., list[str]]) -> None:
    """A variable can never add a key."""
    assert refuse("'${KEY}': x", KEY="log") == ["fettled.yaml:1:1: ***: unknown key"]


def test_relative_files_are_beside_the_file_that_names_them(
    tmp_path: Path, load_text: Load
) -> None:
    """An included file may bring its own secrets."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "secret").write_text("s")
    (tmp_path / "d" / "a.yaml").write_text(
        "targets: [{subject: a, type: device, labels: {x: '${file:secret}'}}]"
    )
    loaded = load_text("include: d/*.yaml")

    assert loaded.settings.targets[0].labels == {"x": "s"}


def test_a_missing_value_is_told_of_once(refuse: Callable[..., list[str]]) -> None:
    """The value that could not be had is not complained about a second time for being empty."""
    lines = refuse("limits: {in_flight: '${NONE}'}\nlog: {level: '${NONE}'}")

    assert [line.split(": ")[1] for line in lines] == ["limits.in_flight", "log.level"]
    assert all("NONE is not set" in line for line in lines)


def test_several_faults_of_several_stages_come_at_once(refuse: Callable[..., Any]) -> None:
    """A missing variable hides neither an unknown key nor an unknown parent."""
    lines = refuse(
        "lgo: {}\nstore: {url: '${NONE}'}\ntargets: [{subject: a, type: device, parent: b}]"
    )

    assert [line.split(": ")[1] for line in lines] == ["lgo", "store.url", "targets[0].parent"]
