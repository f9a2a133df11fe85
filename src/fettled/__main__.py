"""
`python -m fettled`: the same command as `fettled`.

Nothing else belongs here, so that both ways of starting stay one.
"""

from __future__ import annotations

import sys

from fettled.cli import main

if __name__ == "__main__":
    sys.exit(main())
