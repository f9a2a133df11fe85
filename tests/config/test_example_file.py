"""The example starts as it is, loads with everything in it enabled, and names every option."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from fettled.config.fleet import make_fleet
from fettled.config.loader import load
from fettled.probes.tools import open_tools
from source_tree import ROOT
from surface import options

EXAMPLE = ROOT / "config.example.yaml"

#: `#option:` is an option to enable; `# words` explain.
COMMENTED = re.compile(r"^( *)#([^ #].*)$", re.MULTILINE)

LOOPBACK = ("127.0.0.1", "")


async def test_the_example_starts_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable, no file beside it, no right and no network is needed."""
    monkeypatch.chdir(tmp_path)
    loaded = load(EXAMPLE, {})
    async with open_tools(wall=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as tools:
        fleet = make_fleet(loaded.settings, tools)

    assert loaded.files == (EXAMPLE,)
    assert loaded.notes == ()
    assert loaded.settings.server.listen == "127.0.0.1:8080"
    assert loaded.settings.store.url.get_secret_value() == "sqlite:///example.db"
    assert {check.host for check in fleet.checks.values()} <= set(LOOPBACK)
    assert {check.type for check in fleet.checks.values()} == {"http", "tcp", "icmp", "heartbeat"}


def _with_files(text: str, directory: Path) -> str:
    """Let the certificates that the example names be there."""
    issued = trustme.CA().issue_cert("localhost")
    cert, key = str(directory / "cert.pem"), str(directory / "key.pem")
    issued.cert_chain_pems[0].write_to_path(cert)
    issued.private_key_pem.write_to_path(key)
    for name in ("/etc/fettled/cert.pem", "/etc/ssl/certs/acme.pem"):
        text = text.replace(name, cert)
    return text.replace("/etc/fettled/key.pem", key)


def test_the_example_loads_with_everything_enabled(tmp_path: Path) -> None:
    """What is commented out is as valid as the rest."""
    path = tmp_path / "fettled.yaml"
    text = COMMENTED.sub(r"\1\2", EXAMPLE.read_text(encoding="utf-8"))
    path.write_text(_with_files(text, tmp_path), encoding="utf-8")
    loaded = load(path, {})
    types = {c.type for t in loaded.settings.targets for c in t.named_checks().values()}

    assert types == {"http", "tcp", "icmp", "dns", "tls", "heartbeat"}
    assert loaded.settings.access is not None
    assert not any("policy" in note or "template" in note for note in loaded.notes)


def test_the_example_names_every_option() -> None:
    """Each key of the schema stands there, in use or commented out."""
    text = COMMENTED.sub(r"\1\2", EXAMPLE.read_text(encoding="utf-8"))
    named = set(
        re.findall(r"([a-z_]+):(?=\s|$)", re.sub(r"^ *# .*$", "", text, flags=re.MULTILINE))
    )

    assert options() - named == set()


def test_the_example_helps_editors() -> None:
    """The first line tells the YAML language server where the schema is."""
    first = EXAMPLE.read_text(encoding="utf-8").splitlines()[0]

    assert first == "# yaml-language-server: $schema=fettled.schema.json"


def test_the_example_shares_no_store_with_what_a_newcomer_writes() -> None:
    """
    `make run` beside one's own first file: neither locks the other out or mixes its tickets in.

    Seen to fail where both were `sqlite:///fettled.db` in the same directory; and for the
    files that the README has one make there, where git was not told of them.
    """
    url = re.compile(r"sqlite:///[\w./-]+")
    (own,) = set(url.findall((ROOT / "README.md").read_text()))
    assert own in (ROOT / "docs/tutorial.md").read_text()
    assert own not in (ROOT / "config.example.yaml").read_text().split()
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/fettled.yaml", "/INC-*", "*.db", "admin.token"} <= set(ignored)
