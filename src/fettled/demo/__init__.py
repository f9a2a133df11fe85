"""
`fettled demo`: the real daemon on simulated devices that break and recover on a script.

The devices, the script, the configuration and the view are here; the daemon is the same
that `fettled run` starts, with its own store and its own loop. Nothing here is imported
by the daemon.
"""

from __future__ import annotations

from fettled.demo.show import run

__all__ = ["run"]
