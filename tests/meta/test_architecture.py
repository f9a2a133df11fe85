"""Imports point inwards, and the contracts that say so would notice if they did not."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from source_tree import PACKAGE, ROOT, imports, python_files

CONTRACTS = ROOT / ".importlinter"
PREFIX = "importlinter:contract:"

#: Each contract's id, and texts appended to files of the package that must break it.
VIOLATIONS = {
    "inward": ("layers", {"core/words.py": "import fettled.ports"}),
    "upward": ("layers", {"app/__init__.py": "import fettled.web"}),
    "neighbour": ("layers", {"app/__init__.py": "import fettled.probes"}),
    "late": ("layers", {"web/__init__.py": "def late():\n    import fettled.scheduling"}),
    "homeless module": ("layers", {"helpers.py": ""}),
    "cycle": (
        "acyclic",
        {
            "core/chicken.py": "import fettled.core.egg",
            "core/egg.py": "import fettled.core.chicken",
        },
    ),
    "core asks the clock": ("pure-core", {"core/words.py": "import time"}),
    "core opens the store": ("pure-core", {"core/words.py": "import sqlalchemy"}),
    "core waits": ("pure-core", {"core/words.py": "from asyncio import sleep"}),
    "ports validate": ("pure-core", {"ports/fleet.py": "from pydantic import BaseModel"}),
    "notifiers meet": ("notifiers", {"notify/mail.py": "import fettled.notify.webhook"}),
    "web tells services": ("services-door", {"web/__init__.py": "import apprise"}),
    "app sends mail": ("mail-door", {"app/__init__.py": "import aiosmtplib"}),
    "web renders templates": ("templates-door", {"web/__init__.py": "import jinja2"}),
    "notifiers ask probes": ("layers", {"notify/__init__.py": "import fettled.probes"}),
    "probe types meet": ("probes", {"probes/http.py": "import fettled.probes.tcp"}),
    "web reaches the store": ("adapters-door", {"web/__init__.py": "import fettled.store"}),
    "daemon counts": ("adapters-door", {"daemon.py": "import fettled.telemetry"}),
    "app speaks SQL": ("sql-door", {"app/__init__.py": "from sqlalchemy import text"}),
    "bootstrap speaks SQL": ("sql-door", {"bootstrap/running.py": "import sqlite3"}),
    "web migrates": ("sql-door", {"web/__init__.py": "import alembic"}),
    "probes read YAML": ("yaml-door", {"probes/__init__.py": "import yaml"}),
    "daemon schedules": (
        "scheduler-door",
        {"daemon.py": "from apscheduler.schedulers.asyncio import AsyncIOScheduler"},
    ),
    "web counts": ("metrics-door", {"web/__init__.py": "from prometheus_client import Counter"}),
    "app speaks HTTP": ("http-door", {"app/__init__.py": "import aiohttp"}),
    "web draws": ("terminal-door", {"web/__init__.py": "import typer"}),
    "daemon draws": ("terminal-door", {"daemon.py": "from rich.console import Console"}),
    "app reads cron": ("cron-door", {"app/__init__.py": "from cronsim import CronSim"}),
    "core knows zones": ("pure-core", {"core/words.py": "import zoneinfo"}),
    "web resolves": ("dns-door", {"web/__init__.py": "import dns.resolver"}),
    "app reads certificates": ("dns-door", {"app/__init__.py": "from cryptography import x509"}),
    "store validates": ("schema-door", {"store/__init__.py": "import pydantic"}),
    "app renders markdown": ("documents-door", {"app/__init__.py": "import markdown_it"}),
    "command line writes PDF": ("documents-door", {"cli/__init__.py": "import fpdf"}),
}


def contract_names() -> dict[str, str]:
    """Each contract's sentence, by its id."""
    read = configparser.ConfigParser()
    read.read(CONTRACTS)
    return {
        section.removeprefix(PREFIX): read[section]["name"]
        for section in read.sections()
        if section.startswith(PREFIX)
    }


def lint(tree: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Run lint-imports on the copy of the package in *tree*."""
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            *("--config", str(CONTRACTS), "--no-cache", "--no-logo"),
            *chosen,
        ],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "NO_COLOR": "1", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Copy the package, so that it can be broken."""
    shutil.copytree(PACKAGE, tmp_path / "fettled", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_every_contract_is_kept(tree: Path) -> None:
    """The package as it is breaks none of the contracts."""
    done = lint(tree)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(contract_names())} kept, 0 broken" in done.stdout


@pytest.mark.parametrize("violation", VIOLATIONS)
def test_a_violation_is_caught_and_its_contract_named(tree: Path, violation: str) -> None:
    """
    Each contract fails on an import that it forbids, by name and not for another cause.

    Broken variant: the `adapters-door` contract removed; `web reaches the store` then passes,
    since the layers alone allow it.
    """
    contract, files = VIOLATIONS[violation]
    for name, text in files.items():
        with (tree / "fettled" / name).open("a") as module:
            module.write(f"\n{text}\n")

    done = lint(tree, contract)

    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract_names()[contract]} BROKEN" in done.stdout


def test_every_contract_has_a_violation_that_was_seen_caught() -> None:
    """A contract nobody saw fail may be one that cannot."""
    assert {contract for contract, _ in VIOLATIONS.values()} == set(contract_names())


def test_core_and_ports_import_the_standard_library_only() -> None:
    """A library added tomorrow is kept out of the core, though no contract names it yet."""
    inside = ("fettled.core", "fettled.ports")
    outside = {
        f"{path.relative_to(PACKAGE)}: {name}"
        for path in [*python_files(PACKAGE / "core"), *python_files(PACKAGE / "ports")]
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(inside)
    }

    assert not outside


CLOCK_READINGS = [
    "from datetime import datetime\n\nNOW = datetime.now()\n",
    "import datetime\n\nNOW = datetime.datetime.now(datetime.UTC)\n",
    "from datetime import datetime\n\nNOW = datetime.utcnow()\n",
    "from datetime import date\n\nNOW = date.today()\n",
    "import time\n\nNOW = time.time()\n",
    "from time import time_ns\n\nNOW = time_ns()\n",
]


def ruff(code: str, pretended: str) -> subprocess.CompletedProcess[str]:
    """Let ruff judge *code* as if it lay at *pretended*."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251"),
            *("--stdin-filename", str(ROOT / pretended), "-"),
        ],
        input=code,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("code", CLOCK_READINGS)
def test_the_clock_is_read_only_by_its_door(code: str) -> None:
    """No import contract sees a call; ruff does, everywhere but in `fettled.clock`."""
    caught = ruff(code, "src/fettled/core/words.py")

    assert caught.returncode == 1, caught.stdout + caught.stderr
    assert "fettled.clock is the only reader" in caught.stdout
    assert ruff(code, "src/fettled/clock.py").returncode == 0
