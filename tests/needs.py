"""
What some tests need of the machine, beyond what `make test` can install without root.

Where it is missing they are skipped with the reason; under CI a skip is a failure, and
`.ci/run` installs all of it.
"""

from __future__ import annotations

import os
import resource
import shutil

import pytest


def program(name: str, package: str) -> str:
    """The path of *name*, which Debian's *package* brings; else the test is skipped."""
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs {name}: install Debian's package {package}")
    return path


def root(why: str) -> None:
    """Skip the test for any other user than root."""
    if os.geteuid() != 0:
        pytest.skip(f"needs root, {why}")


def descriptors(count: int) -> None:
    """Skip the test where a process may not have *count* file descriptors."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"needs {count} file descriptors, {hard} are allowed: raise `ulimit -Hn`")
