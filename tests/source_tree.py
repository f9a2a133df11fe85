"""
The project's own files as data, for the tests in `meta`.

Reading and parsing only; what must hold of what is read is said by the tests.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SRC = ROOT / "src"
PACKAGE = SRC / "fettled"
REFERENCE = ROOT / "docs" / "reference"

_HIDDEN_OR_MADE = re.compile(r"(^|/)(\.[^/]+|__pycache__|dist|build)(/|$)")


def python_files(*folders: Path) -> list[Path]:
    """Every Python file below *folders*, in order."""
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*.py")
        if not _HIDDEN_OR_MADE.search(path.relative_to(folder).as_posix())
    )


def markdown_files() -> list[Path]:
    """Every page of documentation, the ones at the top among them."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def parsed(path: Path) -> ast.Module:
    """Give the syntax tree of *path*."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def nodes(*folders: Path) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every Python file below *folders*, with its file."""
    for path in python_files(*folders):
        for node in ast.walk(parsed(path)):
            yield path, node


def strings(*folders: Path) -> set[str]:
    """Every string constant below *folders*."""
    return {
        node.value
        for _, node in nodes(*folders)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def imports(path: Path) -> set[str]:
    """The modules that *path* imports, dotted; relative imports are not used here."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def reference_text() -> str:
    """All of docs/reference as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(REFERENCE.rglob("*.md")))
