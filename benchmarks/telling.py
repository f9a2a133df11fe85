"""
Goal F14: an alarm comes in, and a receiver is told; the peer is Debian's Alertmanager.

Both take in the same alarms one by one at the same rate, and send a webhook for each. Ours
is a ticket by then, durable with its event and its delivery (synchronous=FULL), and the
webhook is signed; the peer keeps alarms in memory. A second round has a dead receiver beside
the good one, which accepts connections and never answers.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

from benchmarks.alarms import Order
from benchmarks.alarms import run as send
from benchmarks.daemon import run_daemon, workplace
from benchmarks.figures import Beside, Figure, Goal, Report
from benchmarks.machine import cpu_seconds
from benchmarks.ports import await_listening, free_port

_WORD = "a-token-of-the-benchmark"
#: Alarms a second, and for how long.
_FULL, _SMOKE = (50.0, 20.0), (20.0, 1.0)
_ROUTE = """
route: {receiver: good, group_by: ['...'], group_wait: 0s, group_interval: 1h, repeat_interval: 24h}
receivers:
  - name: good
    webhook_configs: [{url: 'http://127.0.0.1:%d/', send_resolved: false}]
"""


def run(*, smoke: bool = False) -> Report:
    """Measure one round."""
    rate, seconds = _SMOKE if smoke else _FULL
    alone, quick = _ours(rate, seconds, dead=False)
    _, beside = _ours(rate, seconds, dead=True)
    peer, theirs = _peer(rate, seconds)
    name = "Alertmanager"
    return Report(
        "F14",
        f"alarms in, webhooks out, {rate:g} a second",
        (
            Figure("CPU per 1,000 alarms", "s", alone, peer=Beside(name, peer)),
            Figure("from alarm to webhook, median", "ms", _ms(quick, 0.5), peer=_at(theirs, 0.5)),
            Figure("the same, p99", "ms", _ms(quick, 0.99), peer=_at(theirs, 0.99)),
            Figure("p99 with a dead receiver beside", "ms", _ms(beside, 0.99), Goal(1000)),
        ),
    )


def _ms(delays: list[float], share: float) -> float:
    return 1000 * delays[min(len(delays) - 1, int(share * len(delays)))]


def _at(delays: list[float] | None, share: float) -> Beside:
    return Beside("Alertmanager", None if delays is None else _ms(delays, share))


def _ours(rate: float, seconds: float, *, dead: bool) -> tuple[float, list[float]]:
    """Give CPU seconds per 1,000 alarms, and the delays."""
    with workplace() as home:
        good, gone, own = free_port(), free_port(), free_port()
        config = home / "fettled.yaml"
        config.write_text(_config(home, own, good, gone if dead else None))
        header = f"Authorization: Bearer {_WORD}\r\n"
        path = "/api/v1/alerts/bench"
        with run_daemon(config) as daemon:
            order = Order(own, path, header, good, gone, rate)
            send(order, home)  # to warm up
            before = daemon.cpu()
            delays = send(replace(order, seconds=seconds, first=0), home)
            return 1000 * (daemon.cpu() - before) / len(delays), delays


def _config(home: Path, own: int, good: int, dead: int | None) -> str:
    secret = "whsec_" + "QUJD" * 10 + "QUI="
    ports = {"good": good} | ({"dead": dead} if dead else {})
    receivers = [
        f"  - {{name: {name}, type: webhook, url: 'http://127.0.0.1:{port}/',"
        f" allow_private: true, secret: {secret}}}"
        for name, port in ports.items()
    ]
    return "\n".join(
        [
            f"server: {{listen: '127.0.0.1:{own}'}}",
            f"store: {{url: 'sqlite:///{home}/fettled.db'}}",
            "storm: {enabled: false}",
            "limits: {requests_per_second: 100000, requests_burst: 1000000}",
            "log: {format: json, level: info}",
            f"alerts: {{sources: [{{name: bench, format: alertmanager, token: {_WORD}}}]}}",
            "receivers:",
            *receivers,
            "",
        ]
    )


def _peer(rate: float, seconds: float) -> tuple[float | None, list[float] | None]:
    """Give the same of Alertmanager; nothing where it is not installed."""
    found = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if found is None:
        return None, None
    with workplace() as home:
        good, own = free_port(), free_port()
        config = home / "alertmanager.yml"
        config.write_text(_ROUTE % good)
        command = [found, f"--config.file={config}", f"--storage.path={home}/data"]
        command += [f"--web.listen-address=127.0.0.1:{own}", "--cluster.listen-address="]
        with subprocess.Popen([*command, "--log.level=error"], stderr=subprocess.DEVNULL) as peer:
            try:
                await_listening(own)
                order = Order(own, "/api/v2/alerts", "", good, free_port(), rate, takes_v2=True)
                send(order, home)  # to warm up
                before = cpu_seconds(peer.pid)
                delays = send(replace(order, seconds=seconds, first=0), home)
                return 1000 * (cpu_seconds(peer.pid) - before) / len(delays), delays
            finally:
                peer.terminate()
                peer.wait()
