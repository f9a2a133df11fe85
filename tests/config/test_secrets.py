"""A secret is in no message, no representation and no note, wherever it came in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fettled.config.loader import Loaded, load
from fettled.core.errors import ConfigError

Load = Callable[..., Loaded]

SECRET = "s3cr3t-Value"

#: Where a value may stand that is wrong there.
PLACES = """
server: {{listen: {0}, public_url: {0}, metrics_token: {0}, control_socket: "{1}", tls: {0}}}
store: {{url: {0}}}
defaults: {{interval: {0}, timeout: [{0}], policy: {0}}}
policies:
  a: {{inherit: {0}, open_failures: {0}, priority: {0}, publish: {0}, reopen_window: {0}}}
  b: {{flap: {{window: {0}}}}}
access:
  teams: [{{name: "{0} x", parent: {0}}}]
  users: [{{name: "{0} y", roles: {0}, teams: {0}}}]
limits: {{in_flight: {0}}}
log: {{level: {0}, format: {0}}}
targets:
  - {{subject: {0}, type: {0}, parent: {0}, policy: {0}, team: {0}, use: {0}, formerly: {0}}}
  - {{subject: {0}, type: device, on_remove: {0}, check: {{type: {0}}}}}
  - {{subject: c, type: device, check: {0}, labels: {0}}}
  - subject: d
    type: device
    checks:
      a: {{type: http, url: {0}, auth: {{basic: {0}}}, headers: {{X: [{0}]}}, method: {0},
        expect: {{status: {0}, json: {0}}}, family: {0}, max_body: {0}}}
      b: {{type: tcp, host: "{0} z", port: {0}, starttls: {0}}}
      c: {{type: dns, name: "{0} z", record: {0}}}
      d: {{type: heartbeat, period: {0}}}
  - {0}
"""


@pytest.mark.parametrize("written", [SECRET, "'${SECRET}'", "'${file:secret}'"])
def test_no_fault_shows_the_value_it_is_about(written: str, tmp_path: Path) -> None:
    """
    Every place of the file is given a secret that is wrong there; no line holds it.

    Seen to fail with pydantic's own words on an unknown type, with the wrong name repeated
    in a message, and with a broken name offered as the one that was meant.
    """
    (tmp_path / "secret").write_text(SECRET)
    path = tmp_path / "fettled.yaml"
    path.write_text(PLACES.format(written, "x" * 200))

    with pytest.raises(ConfigError) as caught:
        load(path, {"SECRET": SECRET})

    assert len(str(caught.value).splitlines()) > 40
    assert SECRET.lower() not in str(caught.value).lower()


def test_a_secret_pasted_as_a_key_is_not_shown(refuse: Callable[..., list[str]]) -> None:
    """A header without a space after its colon becomes a key; it is shown as stars."""
    lines = refuse(
        "targets: [{subject: a, type: device, check: {type: http, url: 'http://127.0.0.1/',"
        f" headers: {{'Authorization:Bearer {SECRET}'}}}}}}]"
    )

    assert lines
    assert SECRET not in "\n".join(lines)


def test_no_representation_shows_a_secret(load_text: Load) -> None:
    """Settings may be logged or printed by mistake."""
    loaded = load_text(f"""
store: {{url: 'postgresql://u:{SECRET}@localhost/x'}}
targets:
  - subject: a
    type: device
    check:
      type: http
      url: https://127.0.0.1/?token={SECRET}
      headers: {{Authorization: Bearer {SECRET}}}
      body: {SECRET}
      proxy: http://127.0.0.1/
      proxy_auth: {{username: {SECRET}, password: {SECRET}}}
  - {{subject: b, type: device, check: {{type: tcp, host: x, port: 1, send: {SECRET}}}}}
""")

    assert SECRET not in repr(loaded)
    assert SECRET not in str(loaded.settings)
    assert loaded.settings.store.url.get_secret_value().count(SECRET) == 1


def test_what_a_file_holds_is_not_shown_when_it_cannot_be_used(
    tmp_path: Path, refuse: Callable[..., list[str]]
) -> None:
    """A file of the wrong encoding or size is named, not quoted."""
    (tmp_path / "latin").write_bytes(SECRET.encode() + b"\xe5")
    (tmp_path / "long").write_text(SECRET * 10_000)
    lines = refuse("server: {listen: '${file:latin}', public_url: '${file:long}'}")

    assert len(lines) == 2
    assert SECRET not in "\n".join(lines)
