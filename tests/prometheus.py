"""
A real Prometheus and a real Alertmanager as processes, and a device that they measure.

Intervals are short, ports are free ones on loopback, and everything they keep is in a
directory of the test.
"""

from __future__ import annotations

import http.server
import json
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import needs
from live import PATIENCE, wait_for

_PROMETHEUS = """
global: {{scrape_interval: 250ms, scrape_timeout: 200ms, evaluation_interval: 250ms}}
rule_files: ['{home}/rules.yml']
alerting:
  alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]
scrape_configs:
  - job_name: node
    static_configs: [{{targets: ['127.0.0.1:{device}'], labels: {{instance: 'web-1:9100'}}}}]
"""
_RULES = """
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: disk_used_ratio > 0.9
        labels: {severity: critical, region: oslo}
        annotations:
          summary: 'The disk of {{ $labels.instance }} is full'
          runbook_url: https://runbooks.example.org/disk
"""
_ALERTMANAGER = """
route:
  receiver: fettled
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 300ms
  repeat_interval: 600ms
receivers:
  - name: fettled
    webhook_configs:
      - url: {url}
        http_config: {{authorization: {{credentials: {token}}}}}
"""


class Gauge:
    """A device that says how full its disk is."""

    def __init__(self) -> None:
        self.ratio = 0.1
        gauge = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = f"disk_used_ratio {gauge.ratio}\n".encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Be gone."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)


@dataclass(frozen=True)
class Monitoring:
    """The two processes, and the device that they measure."""

    gauge: Gauge
    alertmanager: str

    def alerts(self) -> list[str]:
        """Name what Alertmanager holds for firing."""
        url = f"{self.alertmanager}/api/v2/alerts"
        with urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 - ours, on loopback
            return [alert["labels"]["alertname"] for alert in json.load(answer)]


def free_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def monitoring(home: Path, url: str, token: str) -> Iterator[Monitoring]:
    """Run both, so that Alertmanager tells *url* what fires."""
    home.mkdir()
    with ExitStack() as stack:
        gauge = Gauge()
        stack.callback(gauge.close)
        ports = {"prometheus": free_port(), "alertmanager": free_port()}
        files = {
            "prometheus.yml": _PROMETHEUS.format(home=home, device=gauge.port, **ports),
            "rules.yml": _RULES,
            "alertmanager.yml": _ALERTMANAGER.format(url=url, token=token),
        }
        for name, text in files.items():
            (home / name).write_text(text)
        alertmanager = f"http://127.0.0.1:{ports['alertmanager']}"
        stack.enter_context(
            _running(
                home,
                needs.program("prometheus-alertmanager", "prometheus-alertmanager"),
                f"--config.file={home}/alertmanager.yml",
                f"--storage.path={home}/alerts",
                f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
                "--cluster.listen-address=",
            )
        )
        stack.enter_context(
            _running(
                home,
                needs.program("prometheus", "prometheus"),
                f"--config.file={home}/prometheus.yml",
                f"--storage.tsdb.path={home}/series",
                f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            )
        )
        for port in ports.values():
            wait_for(lambda port=port: _is_ready(port), f"port {port} to be ready")
        yield Monitoring(gauge, alertmanager)


@contextmanager
def _running(home: Path, *command: str) -> Iterator[None]:
    name = Path(command[0]).name
    with (home / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=PATIENCE) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
