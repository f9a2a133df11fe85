"""
The demo's configuration: the shape of a real one, with windows of seconds.

Text, as a person would write it; `--keep` leaves it to be tried out further.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

#: (key, name, type, parent, type of probe)
SUBJECTS: tuple[tuple[str, str, str, str | None, str], ...] = (
    ("building-hub", "Building hub", "integration", None, "http"),
    ("door-1", "Front door", "device", "building-hub", "tcp"),
    ("door-2", "Side door", "device", "building-hub", "tcp"),
    ("sensor-1", "Water sensor", "device", "building-hub", "tcp"),
    ("lobby-panel", "Lobby panel", "device", "building-hub", "http"),
    ("access-cloud", "Access control cloud", "integration", None, "http"),
    ("camera-1", "Yard camera", "device", None, "tcp"),
    ("booking", "Room booking", "service", None, "http"),
)

_HEAD = """\
# Written by `fettled demo`. The same shape as any configuration, with windows of seconds.
server: {{listen: "127.0.0.1:{port}"}}
store: {{url: {store}}}
defaults: {{interval: 500ms, timeout: 2s, retry_interval: 250ms, policy: quick}}
policies:
  quick:
    open_after: 1s
    open_failures: 2
    resolve_after: 1s
    resolve_successes: 2
    reopen_window: 12s
    flap: {{transitions: 5, window: 6s, stable_after: 3s, ticket_after: 1s}}
targets:
"""


def text(port: int, directory: Path, ports: Mapping[str, int]) -> str:
    """Write the configuration for a daemon on *port* that watches devices on *ports*."""
    # A JSON string is a YAML string, whatever the directory is called.
    store = json.dumps(f"sqlite:///{directory / 'fettled.db'}")
    head = _HEAD.format(port=port, store=store)
    return head + "".join(_target(*subject, port=ports[subject[0]]) for subject in SUBJECTS)


def _target(
    key: str, name: str, subject_type: str, parent: str | None, probe: str, *, port: int
) -> str:
    where = {
        "tcp": f"host: 127.0.0.1, port: {port}",
        "http": f'url: "http://127.0.0.1:{port}/v1/me"',
    }[probe]
    lines = [f"  - subject: {key}", f"    name: {name}", f"    type: {subject_type}"]
    if parent is not None:
        lines.append(f"    parent: {parent}")
    # Seen often enough that no flip of a flapping device is missed.
    often = ", interval: 250ms" if key.startswith("sensor") else ""
    lines.append(f"    check: {{type: {probe}, {where}{often}}}")
    return "\n".join(lines) + "\n"
