"""Where a page goes after publishing: to what runs now, or to the proposal that waits for a second person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from notifier.console.pages.forms import see
from notifier.console.route import Call
from notifier.interfaces import Outcome
from notifier.model.rights import Right


def landed(outcome: Outcome, path: str) -> web.Response:
    return see(path if outcome.done else f"/proposals/{outcome.approval}")


def waiting(call: Call) -> Sequence[Any]:
    """Proposals that the caller may decide about or take back."""
    if not call.caller.may(Right.PUBLISH, call.parts.site):
        return ()
    return [one for one in call.parts.views.proposals() if one["state"] == "asked"]
