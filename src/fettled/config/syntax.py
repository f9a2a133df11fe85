"""What libyaml complains about, in the words of somebody who edits a configuration."""

from __future__ import annotations

import yaml

#: By a part of libyaml's own words, which never hold the text it read.
_SENTENCES = (
    ("mapping values are not allowed", "has a second ': ' on one line; quote the value"),
    (
        "cannot start any token",
        "begins with a tab or with one of @ ` %; indent by spaces, or quote",
    ),
    ("unexpected end of stream", "ends within quotes; close them"),
    ("expected ',' or ']'", "is a list in [...] that is not closed or lacks a comma"),
    ("expected ',' or '}'", "is a mapping in {...} that is not closed or lacks a comma"),
    ("expected '-' indicator", "does not line up with the list above it; indent it alike"),
    ("expected node content", "lacks a value where the file ends or goes on"),
    ("expected key", "does not line up with the keys above it; indent it alike"),
    ("expected <block end>", "does not line up with the lines above it; indent it alike"),
    ("could not find expected ':'", "lacks a ':' after the key"),
    ("duplicate anchor", "names an anchor (&) twice; rename one"),
)


def explain(error: yaml.YAMLError, text: str) -> tuple[int, int, str]:
    """Line, column and sentence for *error*, which was raised while reading *text*."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode()[: error.position].decode(errors="ignore")
        line = before.count("\n") + 1
        return line, len(before) - before.rfind("\n"), "is a control character; remove it"
    problem = str(getattr(error, "problem", "") or "cannot be understood")
    mark = getattr(error, "problem_mark", None)
    message = next(
        (sentence for part, sentence in _SENTENCES if part in problem),
        f"is not valid YAML: {problem}",
    )
    return (mark.line + 1, mark.column + 1, message) if mark else (0, 0, message)
