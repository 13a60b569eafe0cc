"""The second person's page about a typed message to people outside: its exact words, and to whom they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages._board_page import context
from notifier.console.pages.forms import Form
from notifier.console.pages.rendering import html
from notifier.console.route import Call
from notifier.model.rights import Right
from notifier.model.second_person import Human, why_not_one, why_not_two


def message_page(
    call: Call, picture: Mapping[str, Any], asked: Mapping[str, Any], form: Form, code_asked: bool, status: int = 200
) -> web.Response:
    return html(
        "board_second_message.html", status, **{**context(call, picture), "form": form, "asked": asked,
        "own": asked["first"] == call.caller.person, "code_asked": code_asked, "counts": _counts(call, asked)},
    )  # fmt: skip


def _counts(call: Call, asked: Mapping[str, Any]) -> str:
    if asked["first"] == call.caller.person:
        return "You wrote it, so somebody else reads it."
    if why := why_not(call, asked):
        return why
    if any(call.caller.may(right, call.parts.site) for right in (Right.OPERATE, Right.COMMAND)):
        return "You count as second person: you may send messages here, and you are not the one who wrote it."
    return "This needs the right to send messages."


def why_not(call: Call, asked: Mapping[str, Any]) -> str:
    """Why this person does not count beside who asked, in a sentence; "" if they do."""
    if call.caller.person is None:
        return "This is no person’s own account, so it does not count here."
    me = Human(call.caller.person, call.caller.since, call.caller.made_by, call.caller.shown)
    return why_not_one(me, asked["began"]) or why_not_two(Human(**asked["asker"]), me, call.parts.clock.now())
