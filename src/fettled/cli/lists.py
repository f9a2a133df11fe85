"""Lists of the API, page by page."""

from __future__ import annotations

from typing import Any

from fettled.cli.client import Address, get, whole

#: The most that one page of the API carries.
_PAGE = 200


def pages(address: Address, path: str, query: dict[str, Any], limit: int) -> dict[str, Any]:
    """Follow the cursor of a list until *limit* items are there."""
    items: list[Any] = []
    cursor: str | None = None
    while True:
        size = min(limit - len(items), _PAGE)
        asked = {**query, "limit": size, "cursor": cursor}
        page = whole(address, get(address, path, asked), "items")
        found = page["items"]
        items += found
        cursor = page.get("next")
        # A page without items but with a cursor would keep us here for ever.
        if cursor is None or not found or len(items) >= limit:
            return {"items": items[:limit], "next": cursor}
