"""Faults as RFC 9457 problem JSON: what is wrong, where, what to do; never a stack trace."""

from __future__ import annotations

import json
import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from aiohttp import web

from notifier.errors import IllegalMove, LedgerError, NotFound, NotifierError, Refused, SetupError

log = logging.getLogger(__name__)

ADVICE = {
    400: "Send what the description at /api/docs says, and nothing else.",
    401: "Send the header `Authorization: Bearer …` with a token that has not been revoked.",
    403: "Ask an administrator for the right, or somebody who has it to do this.",
    404: "Look the name up in the list it belongs to; /api/docs names every address.",
    405: "Use one of the methods in the Allow header.",
    408: "Send it again, faster, or from a better connection.",
    409: "Read the present state again; it may have changed meanwhile.",
    413: "Send less at once.",
    414: "Ask with a shorter address.",
    415: "Send JSON, with the header `Content-Type: application/json`.",
    422: "Mend what `faults` names and send it again.",
    429: "Wait a little and try again.",
    500: "The response goes on. Tell the technician the trouble's id; it stands in the log.",
    502: "Look at the device and its network, then ask again.",
    503: "What was already started goes on. Try again; if it stays, tell the technician.",
}
"""What to do next, where the fault's own sentence does not say it."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that a request got wrong."""

    where: str
    """`body.note`, `query.limit`, `path.incident`, or a file's place."""
    what: str
    advice: str = ""


class BadRequest(Exception):
    """The request itself cannot be read; nothing has been done."""

    def __init__(self, status: int, text: str, wrongs: Sequence[Wrong] = (), allow: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.wrongs = tuple(wrongs)
        self.allow = allow


def problem(
    status: int, detail: str, wrongs: Sequence[Wrong] = (), headers: Mapping[str, str] | None = None, **more: Any
) -> web.Response:
    """An application/problem+json response (RFC 9457 section 3)."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "advice": ADVICE.get(status, ADVICE[400] if status < 500 else ADVICE[500]),
        **more,
    }
    if wrongs:
        content["faults"] = [{"where": one.where, "what": one.what, "advice": one.advice} for one in wrongs]
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type="application/problem+json", headers=headers)


@dataclass(frozen=True, slots=True)
class Explained:
    """An error in words for the one who asked."""

    status: int
    detail: str
    wrongs: tuple[Wrong, ...] = ()
    trouble: str | None = None
    allow: str = ""


def explain(error: Exception) -> Explained:
    """The status and sentence for any error; one that is ours gets a trouble id and a place in the log."""
    match error:
        case BadRequest():
            return Explained(error.status, str(error), error.wrongs, allow=error.allow)
        case Refused():
            return Explained(error.status, str(error))
        case NotFound():
            return Explained(404, str(error))
        case IllegalMove():
            return Explained(409, str(error))
        case SetupError():
            wrongs = [Wrong(f"{one.file}:{one.line}:{one.column}", one.text, one.advice) for one in error.faults]
            return Explained(422, "The files cannot be used as they are; nothing has changed.", tuple(wrongs))
        case LedgerError():
            return Explained(503, "The store does not take this now; it has not been done.")
        case _:
            return _fault_of_ours(error)


def _fault_of_ours(error: Exception) -> Explained:
    trouble = f"http-{secrets.token_hex(4)}"
    # The message of an unknown error may hold a number, a name or a secret; its kind and its places do not.
    places = [f"{Path(one.filename).name}:{one.lineno} {one.name}" for one in traceback.extract_tb(error.__traceback__)]
    log.error("trouble %s: %s at %s", trouble, type(error).__name__, " < ".join(reversed(places[-8:])))
    known = "It was not done." if isinstance(error, NotifierError) else "It is not known whether it was done."
    return Explained(500, f"A fault of ours stopped this request. {known}", trouble=trouble)


def as_problem(told: Explained) -> web.Response:
    more = {"trouble": told.trouble} if told.trouble else {}
    headers: dict[str, str] = {}
    if told.allow:
        headers["Allow"] = told.allow
    if told.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="notifier"'
    return problem(told.status, told.detail, told.wrongs, headers, **more)
