"""Files and patterns that options name are judged with everything else, at their places."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trustme

from fettled.config.loader import Loaded, load

Load = Callable[..., Loaded]
Refuse = Callable[..., list[str]]

ALL_BROKEN = """
server: {tls: {cert: /nope.pem, key: /nope.key}}
targets:
  - {subject: a, type: service, check: {type: http, url: "http://x/", ca_file: /nope.pem}}
  - {subject: b, type: service, check: {type: http, url: "http://x/", expect: {regex: "("}}}
  - {subject: c, type: service, check: {type: tcp, host: x, port: 1, tls: true, ca_file: text.pem}}
  - {subject: d, type: service, watch: {}}
receivers:
  - {name: m, type: email, host: h, from: a@x.example, to: b@x.example, ca_file: /nope.pem}
"""


def test_files_and_patterns_are_told_with_their_places_beside_all_else(
    tmp_path: Path, refuse: Refuse
) -> None:
    """
    One pass shows everything, with file, line and column.

    Seen to fail when they were found while the probes were made: without places, and one
    round later than the unknown key.
    """
    text = tmp_path / "text.pem"
    text.write_text("no certificate")
    lines = refuse(ALL_BROKEN.replace("text.pem", str(text)))

    gone = "cannot be read (No such file or directory); name a readable PEM file"
    assert lines[0] == f"fettled.yaml:2:22: server.tls.cert: {gone}"
    assert lines[1] == f"fettled.yaml:2:38: server.tls.key: {gone}"
    assert lines[2] == (
        "fettled.yaml:4:80: targets[0].check.ca_file: cannot be read as certificates"
        " (No such file or directory); name a readable PEM file"
    )
    assert lines[3] == (
        "fettled.yaml:5:87: targets[1].check.expect.regex: is not a regular expression that RE2"
        " knows (no look-around, no back-references)"
    )
    assert lines[4].startswith(
        "fettled.yaml:6:90: targets[2].check.ca_file: cannot be read as certificates ("
    )
    assert lines[5].startswith("fettled.yaml:7:33: targets[3].watch: unknown key")
    assert lines[6] == (
        "fettled.yaml:9:82: receivers[0].ca_file: cannot be read as certificates"
        " (No such file or directory); name a readable PEM file"
    )
    assert len(lines) == 7


def test_a_key_that_is_not_the_certificates_is_told(tmp_path: Path, refuse: Refuse) -> None:
    """Two readable files that do not fit are one fault, at the section."""
    authority = trustme.CA()
    for name in ("one", "two"):
        issued = authority.issue_cert("localhost")
        issued.private_key_pem.write_to_path(str(tmp_path / f"{name}.key"))
        issued.cert_chain_pems[0].write_to_path(str(tmp_path / f"{name}.pem"))
    lines = refuse(f"server: {{tls: {{cert: {tmp_path}/one.pem, key: {tmp_path}/two.key}}}}")

    assert len(lines) == 1
    assert lines[0].startswith(
        "fettled.yaml:1:15: server.tls: the two files cannot be used as certificate and key ("
    )


def test_a_command_that_only_asks_the_daemon_needs_no_file(tmp_path: Path) -> None:
    """Who may not read the private key may still use the control socket."""
    path = tmp_path / "fettled.yaml"
    path.write_text("server: {tls: {cert: /nope.pem, key: /nope.key}}")

    assert load(path, {}, with_files=False).settings.server.tls is not None


def test_an_authority_file_that_is_never_opened_is_not_judged(load_text: Load) -> None:
    """Plain tcp verifies nothing, so a file left there does no harm."""
    check = "{type: tcp, host: x, port: 1, ca_file: /nope.pem}"

    assert load_text(f"targets: [{{subject: a, type: device, check: {check}}}]").files
