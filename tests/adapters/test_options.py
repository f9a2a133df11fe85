"""The options of the probes: what is taken, what is refused, and in which words."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from fettled.options import fingerprint
from fettled.probes import TYPES

REFUSED = [
    ("heartbeat", {"period": 30}, "without a unit"),
    ("heartbeat", {"period": "30"}, "write a number with a unit"),
    ("heartbeat", {"period": "0s"}, "longer than zero"),
    ("heartbeat", {}, "required"),
    ("icmp", {"host": "a b"}, "is not a host"),
    ("icmp", {"host": "127.1"}, "is not a host"),
    ("icmp", {"host": "fe80::1%eth0"}, "zone"),
    ("icmp", {"host": "x", "hots": 1}, "Extra inputs"),
    ("tcp", {"host": "x", "port": 0}, "greater than or equal to 1"),
    ("tcp", {"host": "x", "port": "80"}, "valid integer"),
    ("tcp", {"host": "x", "port": 80, "tls": True, "starttls": "smtp"}, "exclude each other"),
    ("dns", {"name": "x", "port": 54}, "name the servers"),
    ("tls", {"host": "x", "high_at": "30d"}, "must not be shorter"),
    ("http", {"url": "ftp://x/"}, "http or https URL"),
    ("http", {"url": "http://u:hunter2@x/"}, "auth: {basic"),
    ("http", {"url": "http://[hunter2/"}, "is not a URL"),
    ("http", {"url": "http://127.1/"}, "is not a host"),
    ("http", {"url": "http://x/", "headers": {"A b": "x"}}, "header's name"),
    ("http", {"url": "http://x/", "headers": {"A": "hunter2\r\nB: c"}}, "line break"),
    ("http", {"url": "http://x/", "expect": {"status": ["2xx-300"]}}, "is not a status"),
    ("http", {"url": "http://x/", "expect": {"json": {"path": "a"}}}, "needs a value"),
    ("http", {"url": "http://x/", "auth": {}}, "exactly one"),
    (
        "http",
        {"url": "http://x/", "auth": {"bearer": "hunter2"}, "headers": {"authorization": "x"}},
        "keep one",
    ),
]


@pytest.mark.parametrize(("kind", "options", "words"), REFUSED)
def test_what_cannot_be_meant_is_refused_with_the_cure(
    kind: str, options: dict[str, Any], words: str
):
    """One sentence each, and never the input itself."""
    with pytest.raises(ValidationError) as caught:
        TYPES[kind].options.model_validate({"type": kind, **options})
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_durations_down_to_milliseconds_are_read():
    """`100ms` is a duration everywhere; the schema shows defaults as people write them."""
    options = TYPES["heartbeat"].options
    beat = options.model_validate({"type": "heartbeat", "period": "100ms"})
    assert beat.period == timedelta(milliseconds=100)  # type: ignore[attr-defined]  # its own option
    shown = options.model_json_schema()["properties"]
    assert shown["period"]["type"] == "string"
    assert shown["grace"]["default"] == "0s"


def test_a_rotated_secret_changes_the_fingerprint():
    """A reload must replace a probe whose password changed, though both print as stars."""
    options = TYPES["http"].options
    texts = [{"type": "http", "url": "http://x/", "body": secret} for secret in ("a", "b", "b")]
    one, two, same = (fingerprint(options.model_validate(text)) for text in texts)
    assert one != two == same


def test_reading_the_options_loads_nothing_heavy():
    """The command line checks configurations; it must not pay for clients it never uses."""
    code = (
        "import sys, fettled.probes; "
        "print({m.partition('.')[0] for m in sys.modules} "
        "& {'aiohttp', 'dns', 'cryptography', 'orjson', 're2'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
