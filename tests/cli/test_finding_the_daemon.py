"""A daemon that runs is found, whatever else stands in its configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.fake_daemon import TICKET, FakeDaemon, Fettled

#: What may stand below the sections that say where the daemon is.
REST = {
    "unknown keys": "targets: [{nonsense: 1}]\nmore: 2\n",
    "no YAML": "targets: [}\n",
    "another's secret": 'targets: [{subject: "${cred:door}", check: {url: "${NOT_SET}"}}]\n',
    "a missing include": "include: [gone.yaml]\n",
    "sections of a wrong kind": "access: 7\nlog: 9\n",
}


@pytest.mark.parametrize("rest", REST)
def test_only_what_names_the_daemon_has_to_be_right(
    fettled: Fettled, daemon: FakeDaemon, tmp_path: Path, rest: str
):
    """
    Its health, its tickets and its reload are asked beside a file that could not be loaded.

    Seen to fail with the whole file loaded first: a healthy container was unhealthy.
    """
    config = tmp_path / "f.yaml"
    config.write_text(
        f"store: {{url: 'sqlite:///{tmp_path}/f.db'}}\n"
        f"server: {{control_socket: '{daemon.path}'}}\n{REST[rest]}"
    )
    daemon.reply("GET", "/health-check", {"status": "pass"}, kind="application/health+json")
    daemon.reply("GET", "/api/v1/tickets", {"items": [TICKET], "next": None})
    daemon.reply("POST", "/api/v1/reload", {"notes": []})

    assert fettled("health-check", "--config", config).code == 0
    assert fettled("tickets", "list", "--json", "--config", config).json["items"] == [TICKET]
    assert fettled("reload", "--config", config).code == 0


@pytest.mark.parametrize("sections", ["store first", "targets first"])
def test_the_values_that_name_it_may_come_from_elsewhere(
    fettled: Fettled,
    daemon: FakeDaemon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sections: str,
):
    """The socket lies beside the store, whose address a variable holds; others are not read."""
    monkeypatch.setenv("PLACE", str(tmp_path))
    (tmp_path / "f.db.sock").symlink_to(daemon.path)
    lines = ["store: {url: 'sqlite:///${PLACE}/f.db'}\n", "targets: [{subject: '${NOT_SET}'}]\n"]
    config = tmp_path / "f.yaml"
    config.write_text("".join(lines if sections == "store first" else reversed(lines)))
    daemon.reply("GET", "/api/v1/subjects", {"items": [], "next": None})

    assert fettled("subjects", "list", "--json", "--config", config).code == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store: {url: '${NOT_SET}'}", "store.url: environment variable NOT_SET is not set"),
        ("store: {url: 'mysql://secret@x/y'}", "store.url: must be sqlite:///"),
        ("store: {url: [1]}", "store.url: must be text"),
        ("store: 7", "store: must be a mapping"),
        ("server: {control_socket: ''}", "server.control_socket: must be a path"),
        ("server: {control_socket: '${cred:x}'}", "server.control_socket: credential x"),
        ("- 1", "is not a mapping"),
        ("# nothing\n", "is not a mapping"),
        ("targets: [}\nserver: {}", "f.yaml:1:"),
    ],
)
def test_what_keeps_us_from_finding_it_is_one_sentence(
    fettled: Fettled, tmp_path: Path, text: str, said: str
):
    """The place, the cure, and no value."""
    config = tmp_path / "f.yaml"
    config.write_text(text)

    result = fettled("tickets", "list", "--config", config)

    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert len(result.err.splitlines()) == 1
    assert "secret" not in result.err


def test_the_store_alone_is_enough_for_its_care(fettled: Fettled, tmp_path: Path):
    """`db` needs the store's address; what is watched, and by which secrets, is not its matter."""
    config = tmp_path / "f.yaml"
    config.write_text(
        f"store: {{url: 'sqlite:///{tmp_path}/f.db'}}\ntargets: [{{x: '${{cred:y}}'}}]"
    )

    result = fettled("db", "check", "--config", config)

    assert (result.code, result.out) == (2, "")
    assert f"there is no store at {tmp_path}/f.db" in result.err


@pytest.mark.parametrize(
    "typed",
    [
        ("tickets", "list"),
        ("token", "create", "--user", "me", "--role", "admin"),
        ("db", "upgrade"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("what", ["nothing", "no directory", "an empty file"])
def test_a_store_that_is_not_there_is_not_made(
    fettled: Fettled, tmp_path: Path, typed: tuple[str, ...], what: str
):
    """
    Only `run` makes one: a slip in store.url must not look like a store without tickets.

    Seen to fail with a store that was opened as the daemon does: it was made, and empty.
    """
    home = tmp_path / "home"
    if what != "no directory":
        home.mkdir()
    if what == "an empty file":
        (home / "f.db").touch(0o600)
    config = tmp_path / "f.yaml"
    config.write_text(f"store: {{url: 'sqlite:///{home}/f.db'}}\n")

    result = fettled(*typed, "--config", config)

    assert (result.code, result.out) == (2, "")
    assert result.err == (
        f"fettled: there is no store at {home}/f.db: start the daemon once, or correct store.url\n"
    )
    assert (home / "f.db").exists() == (what == "an empty file")
    assert what != "an empty file" or (home / "f.db").stat().st_size == 0


def test_without_a_daemon_the_whole_file_has_to_be_right(fettled: Fettled, tmp_path: Path):
    """The command serves the store itself then, and shows what is configured."""
    config = tmp_path / "f.yaml"
    config.write_text(f"store: {{url: 'sqlite:///{tmp_path}/f.db'}}\nmore: 2\n")

    result = fettled("tickets", "list", "--config", config)

    assert result.code == 2
    assert "f.yaml:2:1: more: " in result.err
    assert not (tmp_path / "f.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://'; drop",
        "http://..",
        f"http://{'a' * 80}.example",
        "http://h\udcff",
        "http://h/\u00fc",
        "http://h/a b",
        "http://h/\x01",
        "unix:",
    ],
)
def test_an_address_that_nobody_can_have_is_told_as_such(fettled: Fettled, url: str):
    """
    However it is wrong, before anything is sent.

    Seen to fail as an internal error, or as somebody who speaks no HTTP.
    """
    result = fettled("workflows", "--url", url)

    assert result.code == 2
    assert result.err == "fettled: --url: write http://HOST:PORT, https://HOST or unix:/PATH\n"
