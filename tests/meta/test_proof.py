"""The pages that say which test holds which rule name tests that are there."""

from __future__ import annotations

import ast
import re

from source_tree import ROOT

PAGES = sorted((ROOT / "docs" / "explanation").glob("proof-*.md"))
NAMED = re.compile(r"`([a-z_/0-9]+\.py)::(test_[a-z_0-9]+)`")


def test_every_test_that_a_page_names_is_there() -> None:
    """A test that is renamed or removed takes its line along."""
    named = {found for page in PAGES for found in NAMED.findall(page.read_text(encoding="utf-8"))}
    there = {
        (name, node.name)
        for name in {file for file, _ in named}
        for node in ast.walk(ast.parse((ROOT / "tests" / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert named
    assert not named - there
