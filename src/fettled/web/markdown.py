"""
Markdown of people as HTML that is safe to put into a page.

Two fences: the parser passes no HTML through, and what it makes is cleaned once more by
an allow-list. Pictures are left out: the address of one would tell its owner who reads
the ticket and when.
"""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt

#: Tables, and links that are written out, beside what CommonMark has.
_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(
    ["table", "strikethrough"]
)
_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "ul", "ol", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}


def render(text: str) -> str:
    """Make HTML of *text*."""
    return nh3.clean(
        _PARSER.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
