"""The page of roles and permissions is drawn from the tables, so that it cannot lie."""

import re
from pathlib import Path

from fettled.core.actions import WORDS
from fettled.core.permissions import _NEEDS, GRANTS, Permission, Role

PAGE = Path(__file__).parents[2] / "docs/reference/permissions.md"


def draw_roles() -> str:
    """Draw roles x permissions; run this file to print it."""
    head = ["permission", *Role]
    rows = [
        [f"`{permission}`", *("yes" if permission in GRANTS[role] else "-" for role in Role)]
        for permission in Permission
    ]
    lines = [" | ".join(row) for row in (head, ["---"] * len(head), *rows)]
    return "\n".join(f"| {line} |" for line in lines)


def draw_actions() -> str:
    """Draw what each action on a ticket needs; a comment has rules of its own."""
    needs = {word: _NEEDS.get(action, Permission.TICKET_UPDATE) for action, word in WORDS.items()}
    needs.pop("comment")
    lines = [f"| `{word}` | `{permission}` |" for word, permission in needs.items()]
    return "\n".join(["| action | needs |", "|---|---|", *lines])


def test_the_page_shows_every_role_and_permission_as_it_is() -> None:
    """Print this file's tables and paste them where they differ."""
    page = PAGE.read_text()
    assert draw_roles() in page
    assert draw_actions() in page


def test_the_page_says_what_each_permission_is_for() -> None:
    """Each once, in the order of the table."""
    told = re.findall(r"^- `([a-z._]+)`: ", PAGE.read_text(), re.MULTILINE)
    assert told == list(Permission)


if __name__ == "__main__":
    print(draw_roles(), draw_actions(), sep="\n\n")  # noqa: T201 - that is what running it is for
