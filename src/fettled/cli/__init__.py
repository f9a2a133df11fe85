"""
The command `fettled`: thin commands over the HTTP API, the loader and the composition root.

Only the entrance is in this file, and it imports next to nothing: `fettled --version`
must answer at once, and each command pays only for what it uses.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from fettled import __version__

_VERSION = (["--version"], ["-V"])


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; the exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args in _VERSION:
        sys.stdout.write(f"fettled {__version__}\n")
        return 0
    from fettled.cli.app import run  # noqa: PLC0415 - typer costs what --version must not pay

    return run(args)
