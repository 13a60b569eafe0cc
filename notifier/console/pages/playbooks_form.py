"""The common edits of a playbook as a form, for who does not write YAML: times, people, texts."""

from __future__ import annotations

import asyncio

from aiohttp import web

from notifier.console.pages._playbooks_desk import Opened, keep, look, opened, refuse_if_moved
from notifier.console.pages.forms import Form, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import PAGE, shows
from notifier.console.route import KILOBYTE, Call, Route
from notifier.errors import Refused
from notifier.model.rights import Right

LONGEST = 4000  # characters of one message
SENT = 512 * KILOBYTE  # bytes: some hundred fields


async def show(call: Call) -> web.Response:
    return await _form(call, await opened(call), Form())


async def _form(call: Call, one: Opened, form: Form, status: int = 200) -> web.Response:
    from notifier.files.form_view import PHASES, field_at, fields_of  # with it comes ruamel.yaml: not at the start

    seen = await look(call, one)
    known = await asyncio.to_thread(fields_of, one.text)
    for each in seen["faults"]:
        fault = each["fault"]
        name = await asyncio.to_thread(field_at, one.text, fault.line, fault.column)
        each["field"] = name or ""
        if name is not None and fault.level == "error":
            form.faults.setdefault(name, f"{each['text']} {each['advice']}")
    return page(
        call, "playbooks_form.html", status=status, form=form, refused=status != 200, known=known, phases=PHASES, **seen
    )


async def save(call: Call) -> web.Response:
    """Into the draft, and no further: what runs goes on."""
    from notifier.files.form_view import changed

    one, form = await opened(call), await read_form(call)
    values = {name: form.text(name, limit=LONGEST) for name in form.values if name != "seen"}
    if form.sound:
        try:
            text = await asyncio.to_thread(changed, one.text, values)
            refuse_if_moved(one, text, form.raw("seen"))
            await keep(call, one, text)
        except Refused as refused:
            again = " Press Keep again to put what stands here into it." if refused.status == 409 else ""
            form.faults["title"] = f"Not kept. {refused}{again}"
        except ValueError as error:
            form.faults["title"] = f"Not kept: {error}."
    if not form.sound:
        return await _form(call, one, form, 422)
    return see(f"/playbooks/{one.name}/form")


ROUTES = (
    shows("/playbooks/{playbook}/form", Right.PUBLISH, "Edit a playbook by a form.", show),
    Route(
        method="POST", path="/playbooks/{playbook}/form", right=Right.PUBLISH, handler=save, media="text/html",
        summary="Keep what the form says in the draft.", limit=SENT, status=303, flags=PAGE,
    ),
)  # fmt: skip
