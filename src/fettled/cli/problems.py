"""
The words for what an HTTP exchange can end in: silence, a problem+json, a stranger.

Wording only; `client` does the talking.
"""

from __future__ import annotations

import http.client
import json
import ssl
from http import HTTPStatus
from typing import Any


def why_unreachable(where: str, deadline: float, error: Exception, *, late: bool) -> str:
    """Say why nobody answered at *where*; *late*: it was we who hung up."""
    if late or isinstance(error, TimeoutError):
        return f"{where} did not answer within {deadline:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{where}: the certificate is not accepted: {error.verify_message}"
    if isinstance(error, http.client.HTTPException):
        return f"{where} does not speak HTTP, or hung up: is it the right one?"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot reach {where}: {reason}"


def sentence(where: str, status: int, kind: str, raw: bytes) -> str:
    """Turn an error answer into a sentence; faults of single fields follow, one a line."""
    problem = _problem(kind, raw)
    if problem is None:
        return stranger(where, status)
    said = problem.get("detail") or problem.get("title") or _title(status)
    if problem.get("field") and str(problem["field"]) not in str(said):
        said = f"{problem['field']}: {said}"
    faults = [_fault(each) for each in problem.get("errors") or [] if isinstance(each, dict)]
    told = "\n".join([str(said), *(fault for fault in faults if fault not in str(said))])
    return told + _CURES.get(status, "")


def stranger(where: str, status: int) -> str:
    """Say that whoever answers at *where* does not seem to be fettled."""
    return f"{where} answered {_title(status)}, but not as fettled does: is it the right one?"


_CURES: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: " (a token is read from $FETTLED_TOKEN or --token-file)",
}


def _problem(kind: str, raw: bytes) -> dict[str, Any] | None:
    if "json" not in kind:
        return None
    try:
        body = json.loads(raw)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _fault(each: dict[str, Any]) -> str:
    said = str(each.get("detail") or each.get("message") or "is not accepted")
    return f"{each['field']}: {said}" if each.get("field") else said


def _title(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
