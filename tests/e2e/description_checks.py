"""
What schemathesis holds beside its own checks: a valid request is refused for its state only.

The description says which requests are well formed. It cannot say that a time has passed by
now, that nothing is called so, or that a cursor is of another list: such refusals are
listed here, each by its field and its words. Any other one is a lie of the description.
"""

from __future__ import annotations

import re
from typing import Any

import schemathesis

_NAMED = r"there is no |.*\bmust be one of |is not in the catalogue|.* is not configured"
_TIME = (
    r"must lie before|must be in the future|has passed already|lies in the future|is yet to come"
    r"|is more than|must be at most|must lie after|lies|must be longer than nothing|is longer than"
)
#: Field -> what its refusal says.
OF_THE_STATE = {
    "receiver": "there is no receiver ",
    **dict.fromkeys(
        ("subject", "team", "assignee", "shift", "supplier", "user", "schedule", "check"), _NAMED
    ),
    **dict.fromkeys(("category", "region", "project", "application", "name"), _NAMED),
    **dict.fromkeys(("assigned_to", "assignees"), _NAMED),
    "material_id": rf"{_NAMED}|is that of .*, not of ",
    "duration": "is longer than ten years",
    **dict.fromkeys(("until", "ends_at", "starts_at", "occurred_at", "at", "since"), _TIME),
    "duplicate_of": r"there is no |a ticket is not a duplicate of itself",
    # A reference may name a day that no calendar has.
    **dict.fromkeys(
        ("ticket", "incident_id"), r"there is no |is another number than|must be a ticket's number"
    ),
    "cursor": r"must be the `next` of the page before",
    "sort": r"goes with `q` only as",
    "Idempotency-Key": r"was used for another request",
    "file": r"number \d+ of \d+: |is of a type that cannot be attached",
    "expires": _TIME,
    "cron": r"",
    "zone": r"",
}
_IF_MATCH = re.compile(r'\*|"[0-9]{1,18}"')


@schemathesis.check
def refused_for_its_state_only(ctx: Any, response: Any, case: Any) -> None:
    """Fail where the description allows a request that is refused whatever the state is."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code == 412:
        assert "If-Match" in response.request.headers, "412 without If-Match"
        return
    if response.status_code not in {400, 422}:
        return
    problem = response.json()
    assert problem.get("errors"), f"a refusal that names no field: {problem['detail']}"
    for fault in problem["errors"]:
        field = re.sub(r"\.\d+(\.id)?$", "", fault["field"])
        if field == "If-Match":
            # The tool puts letters and digits into every header, whatever its pattern.
            sent = response.request.headers["If-Match"]
            assert not _IF_MATCH.fullmatch(sent), f"If-Match {sent}: {fault['detail']}"
            continue
        said = OF_THE_STATE.get(field)
        is_of_state = said is not None and re.match(said, fault["detail"])
        assert is_of_state, f"the description allows {fault['field']}: {fault['detail']}"
