"""The editor: text at the left, what would happen at the right, checked while it is typed, published when it holds."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from notifier.console.pages._playbooks_compare import compare
from notifier.console.pages._playbooks_desk import (
    Opened,
    drafts_of,
    editing_of,
    keep,
    look,
    opened,
    refuse_if_moved,
    seen_context,
    seen_of,
    stamp_of,
)
from notifier.console.pages._proposed import landed
from notifier.console.pages.forms import Form, read_form, see
from notifier.console.pages.rendering import fragment, page
from notifier.console.pages.sign_in import PAGE, does, shows
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import Refused, SetupError
from notifier.files.drafts import LARGEST
from notifier.files.mending import mend_by_key
from notifier.model.rights import Right

TYPED = 4 * LARGEST  # bytes of a form: every letter may be written with three (%0A), and there is more than the text


async def edit(call: Call) -> web.Response:
    one = await opened(call)
    return page(call, "playbooks_edit.html", **await look(call, one), form=Form())


async def typed(call: Call) -> web.Response:
    """Without a script: the button "Check", or one that mends. The draft is kept either way."""
    one, form = await opened(call), await read_form(call)
    text = _text(form, one)
    if (key := form.raw("mend")) and (mend := mend_by_key(key, text)):
        text = mend.on(text)
    try:
        _refuse_if_moved(one, form, text, "Press Check again to put what stands here in its place.")
        await keep(call, one, text)
        seen = await look(call, one)
    except Refused as refused:
        form.faults["text"] = str(refused)
        return page(call, "playbooks_edit.html", status=refused.status, form=form, **await _as_typed(call, one, text))
    return page(call, "playbooks_edit.html", form=form, **seen)


async def check(call: Call) -> web.Response:
    """The same for the script: parts of the page, by their ids."""
    one, form = await opened(call), await read_form(call)
    text = _text(form, one)
    try:
        _refuse_if_moved(one, form, text, "Load this page again to read it; then what you typed here can be put back.")
        await keep(call, one, text, form.raw("window"))
        return fragment(call, "playbooks_seen.html", form=form, **await look(call, one))
    except Refused as refused:
        return web.Response(status=refused.status, text=str(refused))


async def _as_typed(call: Call, one: Opened, text: str) -> dict[str, Any]:
    """Too long to be kept: shown again as typed, beside what is known of the text before."""
    return await look(call, one) | {"typed": text}


def _refuse_if_moved(one: Opened, form: Form, text: str, advice: str) -> None:
    try:
        refuse_if_moved(one, text, form.raw("seen"), form.raw("window"))
    except Refused as refused:
        raise Refused(f"{refused} {advice}", status=refused.status) from None


def _text(form: Form, one: Opened) -> str:
    return form.raw("text", one.text).replace("\r\n", "\n").replace("\r", "\n")


# ------------------------------------------------------------------------------------------------------- publishing


async def ask_publish(call: Call) -> web.Response:
    return await _publish(call, await opened(call), Form())


async def _publish(call: Call, one: Opened, form: Form, status: int = 200) -> web.Response:
    seen, before = await seen_of(call, one, one.text), await seen_of(call, one, one.published)
    told = compare(one.published, one.text, before, seen)
    context = seen_context(one, seen)
    return page(call, "playbooks_publish.html", status=status, form=form, told=told, **context)


async def publish(call: Call) -> web.Response:
    one, form = await opened(call), await read_form(call)
    if form.raw("do") == "rebase":
        await _rebase(call, one)
        return see(f"/playbooks/{one.name}/publish")
    comment = form.text("comment", limit=500, needed="Write what has changed and why; it is kept in the record.")
    if form.raw("stamp") != stamp_of(one.text):
        form.faults["comment"] = "The draft was changed since this page was opened. Read what it says now."
    elif one.overtaken is not None:
        form.faults["comment"] = f"{one.overtaken.author} published this playbook meanwhile. Look at both first."
    elif not one.edited:
        form.faults["comment"] = "Nothing has changed; there is nothing to publish."
    if not form.sound:
        return await _publish(call, one, form, 422)
    based = int(form.raw("version")) if form.raw("version").isdecimal() else -1
    try:
        changes = {one.path: one.text.encode("utf-8", "replace")}
        outcome = await editing_of(call).publish(changes, comment, call.caller, based)
    except SetupError as error:
        form.faults["comment"] = f"Not published; what ran goes on: {error.faults[0].text}"
        return await _publish(call, one, form, 422)
    except Refused as refused:
        form.faults["comment"] = str(refused)
        return await _publish(call, one, form, refused.status)
    if outcome.done:  # a draft is kept while it waits: it may be refused
        await asyncio.to_thread(drafts_of(call).drop, call.caller.id, one.path)
    return landed(outcome, f"/playbooks/{one.name}/versions")


async def _rebase(call: Call, one: Opened) -> None:
    """The author has seen what was published meanwhile and keeps the draft."""
    text, one.draft = one.text, None
    await keep(call, one, text)


def _long(path: str, summary: str, handler: Handler, *more: Flag, status: int = 200) -> Route:
    return Route(
        method="POST", path=path, right=Right.PUBLISH, summary=summary, handler=handler, media="text/html",
        limit=TYPED, status=status, flags=PAGE | {*more},
    )  # fmt: skip


ROUTES = (
    shows("/playbooks/{playbook}", Right.PUBLISH, "Edit a playbook as text.", edit),
    _long("/playbooks/{playbook}", "Keep the draft, check it, mend a fault of it.", typed),
    _long("/playbooks/{playbook}/check", "Keep the draft and answer what is seen of it.", check, Flag.OFTEN),
    shows("/playbooks/{playbook}/publish", Right.PUBLISH, "What publishing would change.", ask_publish, Flag.FRESH),
    does("/playbooks/{playbook}/publish", Right.PUBLISH, "Publish the draft, if it holds.", publish, Flag.FRESH),
)
