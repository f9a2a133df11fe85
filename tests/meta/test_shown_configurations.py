"""Every configuration that a page shows whole passes check-config, and does what the page says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from fettled.cli.app import run
from source_tree import ROOT, markdown_files

_BLOCK = re.compile(r"^```(yaml[^\n]*|json)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CREDENTIAL = re.compile(r"\$\{cred:([^}]+)\}")
ALARMS = ROOT / "docs" / "how-to" / "take-alarms-in.md"


def blocks(page: Path, kind: str) -> list[str]:
    """The blocks of *page* that say that they are of this kind."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for info, text in found if info == kind]


SHOWN = {
    f"{page.relative_to(ROOT)}-{n}": text
    for page in markdown_files()
    for n, text in enumerate(blocks(page, "yaml fettled"))
}


def write(home: Path, text: str) -> Path:
    """Write *text* with a secret for each credential that it names."""
    for name in _CREDENTIAL.findall(text):
        (home / name).write_text(f"the secret of {name}".replace(" ", "-") + "\n")
    path = home / "fettled.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", SHOWN)
def test_a_configuration_that_is_shown_passes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """
    As it stands there, by `fettled check-config`, with its credentials as files.

    Seen to fail for a source that was shown without what it stands in.
    """
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    path = write(tmp_path, SHOWN[name])

    assert run(["check-config", str(path)]) == 0, capsys.readouterr().err


def test_no_block_about_alarms_is_a_part_that_nobody_tries() -> None:
    """On that page what is not marked belongs to somebody else's configuration."""
    assert len(blocks(ALARMS, "yaml fettled")) >= 4
    for text in blocks(ALARMS, "yaml"):
        told = yaml.safe_load(text)
        assert isinstance(told, dict), text
        assert "alerts" not in told, text


def test_the_alarm_that_is_shown_becomes_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By `fettled alerts try`: its subject, level, region and application."""
    (sample,) = blocks(ALARMS, "json")
    (rules,) = (text for text in blocks(ALARMS, "yaml fettled") if "alarm_status" in text)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "sample.json").write_text(sample)
    path = write(tmp_path, rules)

    assert run(["alerts", "try", str(path), str(tmp_path / "sample.json"), "--json"]) == 0

    (alarm,) = json.loads(capsys.readouterr().out)["alarms"]
    assert alarm["alarm"] == "CPU of ecs-1"
    assert (alarm["subject"], alarm["level"]) == ("shop-db", "P1")
    assert (alarm["region"], alarm["application"]) == ("eu-west-101", "Shop")
