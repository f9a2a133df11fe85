"""
The composition root: the only place that knows every concrete class.

`assembly` makes the parts and gives them to one another, `running` opens what must be
opened and hands over to `fettled.daemon`, `commands` is what the CLI does without one.
Nothing below sees settings, except the web, which is given its few.
"""

from fettled.bootstrap.commands import (
    backup_store,
    check_store,
    probe_once,
    size,
    upgrade_store,
)
from fettled.bootstrap.places import control_socket
from fettled.bootstrap.running import Addresses, run, serve_locally

__all__ = [
    "Addresses",
    "backup_store",
    "check_store",
    "control_socket",
    "probe_once",
    "run",
    "serve_locally",
    "size",
    "upgrade_store",
]
