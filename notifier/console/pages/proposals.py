"""Files that somebody wants to run, where the school says that publishing takes two: what changes, and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages._playbooks_compare import Compared, compare
from notifier.console.pages.forms import Form, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.errors import NotifierError, Refused, SetupError
from notifier.interfaces import Changes, Rehearsed
from notifier.model.rights import Right
from notifier.model.second_person import Human, why_not_one, why_not_two

HERE = "/proposals"


async def listing(call: Call) -> web.Response:
    return page(call, "proposals.html", proposals=call.parts.views.proposals())


async def one(call: Call) -> web.Response:
    return await _one(call, Form())


async def _one(call: Call, form: Form, status: int = 200) -> web.Response:
    asked = call.parts.views.proposal(call.path["proposal"])
    waits = asked["state"] == "asked"
    changes: dict[str, bytes | None] = {
        each["path"]: None if each["gone"] else (each["after"] or "").encode()
        for each in asked["changed"]
        if not each["sound"]
    }
    told = [(each, await _told(call, each, changes, looks=waits and not asked["overtaken"]))
            for each in asked["changed"]]  # fmt: skip
    own = call.caller.person is not None and call.caller.person == asked["first"]
    return page(
        call, "proposal.html", status=status, form=form, asked=asked, told=told, waits=waits, own=own,
        why_not="" if own else _why_not(call, asked),
    )  # fmt: skip


async def _told(call: Call, changed: Mapping[str, Any], changes: Changes, *, looks: bool) -> Compared:
    """In sentences where it is a playbook that can be looked at; in lines always."""
    path, before, after = changed["path"], changed["before"], changed["after"]
    if changed["sound"]:
        return Compared([f"The recording is {'taken out' if changed['gone'] else 'put in, or another one'}."])
    seen: tuple[Rehearsed | None, Rehearsed | None] = (None, None)
    editing = call.parts.editing
    if looks and editing is not None and path.startswith("playbooks/"):
        try:
            seen = await editing.rehearse({}, path), await editing.rehearse(changes, path)
        except Refused:
            seen = (None, None)  # something is running, or many look at drafts: the text speaks
    compared = compare(before, after, *seen)
    if not compared.sentences:
        came, went = (sum(1 for line in compared.lines if line.mark == mark) for mark in "+-")
        compared.sentences = [f"{came} lines come, {went} lines go." if came or went else "Its lines are the same."]
    return compared


def _why_not(call: Call, asked: Mapping[str, Any]) -> str:
    """Why this person does not count beside who proposed it; "" if they do."""
    if call.caller.person is None:
        return "This is no person’s own account, so it does not count here."
    me, asker = (
        Human(call.caller.person, call.caller.since, call.caller.made_by, call.caller.shown),
        Human(**asked["asker"]),
    )
    return why_not_one(me, asked["began"], "this was asked") or why_not_two(asker, me, call.parts.clock.now())


async def decide(call: Call) -> web.Response:
    form, approval = await read_form(call), call.path["proposal"]
    grant = form.choice("do", ("run", "refuse", "take_back")) == "run"
    reason = form.text("reason", limit=500)
    if form.sound:
        try:
            await call.parts.commands.decide(
                approval, call.caller, grant, reauthenticated=call.fresh, duress=False, reason=reason
            )
            return see(f"{HERE}/{approval}")
        except SetupError as error:
            form.faults["reason"] = f"Not published; what ran goes on: {error.faults[0].text}"
        except NotifierError as error:
            form.faults["reason"] = str(error)
    return await _one(call, form, 422)


_MAY = Right.PUBLISH
ROUTES = (
    shows(HERE, _MAY, "Files that wait for a second person to let them run.", listing),
    shows(f"{HERE}/{{proposal}}", _MAY, "What one proposal changes.", one, Flag.FRESH, Flag.PERSONAL),
    does(f"{HERE}/{{proposal}}", _MAY, "Let a proposal run, refuse it, or take it back.", decide, Flag.FRESH),
)
