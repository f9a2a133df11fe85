"""What the style asks for and no linter holds."""

from __future__ import annotations

import ast
import re
from collections import Counter

from source_tree import PACKAGE, ROOT, nodes, python_files

OURS = [PACKAGE, ROOT / "tests", ROOT / "benchmarks"]
SPLIT_AT = 400
FEWEST_WORDS = 4
NAMELESS_MODULES = {"utils", "util", "helpers", "helper", "common", "misc", "base", "tools_misc"}
NAMELESS_CLASSES = re.compile(r"(Manager|Helper|Helpers|Service|Base|Utils|Mixin)$|^Base[A-Z]")
# Split, so that this file may name them.
UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
ADR = re.compile(r"(\d{4})-[a-z0-9-]+\.md")


def test_no_module_is_longer_than_the_eye_can_hold() -> None:
    """Aim at 150 lines, explain at 300, split at 400."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in python_files(*OURS)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > SPLIT_AT
    }

    assert not long


def test_every_module_is_named_for_what_it_holds() -> None:
    """A drawer named utils fills up."""
    assert not {
        str(path.relative_to(ROOT)) for path in python_files(*OURS) if path.stem in NAMELESS_MODULES
    }


def test_every_class_is_named_for_what_it_is() -> None:
    """A Manager manages; that says nothing."""
    assert not {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path, node in nodes(*OURS)
        if isinstance(node, ast.ClassDef) and NAMELESS_CLASSES.search(node.name)
    }


def test_nothing_is_caught_blindly() -> None:
    """A bare except also catches the cancellation that a stop is made of."""
    assert not {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in nodes(*OURS)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    }


def test_every_module_says_what_belongs_into_it() -> None:
    """A module that holds code has a docstring with more than a name in it."""
    silent = set()
    for path in python_files(PACKAGE):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words = (ast.get_docstring(tree) or "").split()
        if tree.body and len(words) < FEWEST_WORDS:
            silent.add(str(path.relative_to(ROOT)))

    assert not silent


def test_every_exception_to_a_lint_rule_gives_its_reason() -> None:
    """`noqa` and `type: ignore` name their rule and are followed by a reason."""
    excuse = re.compile(r"#\s*(noqa|type:\s*ignore|ruff:\s*noqa)\b(.*)")
    reason = re.compile(r"(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*|\[[a-z, -]+\])\s+(-|#)+\s*\S")
    bare = set()
    for path in python_files(PACKAGE):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = excuse.search(line)
            if found and not reason.match(found[2]):
                bare.add(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")

    assert not bare


def test_nothing_is_left_for_later_in_the_code() -> None:
    """What is still to be done is an issue, not a comment."""
    assert not {
        f"{path.relative_to(ROOT)}:{number}"
        for path in python_files(*OURS)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    }


def test_decisions_are_numbered_once_and_tell_their_status() -> None:
    """Each record has a number of its own, and the four parts that 0001 asks for."""
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = Counter(match[1] for path in records if (match := ADR.fullmatch(path.name)))

    assert sum(numbers.values()) == len(records) > 0
    assert not [number for number, count in numbers.items() if count > 1]
    parts = ("Status", "Context", "Decision", "Consequences")
    assert not {
        f"{path.name}: {part}"
        for path in records
        for part in parts
        if not re.search(rf"^(## {part}\b|{part}:)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
