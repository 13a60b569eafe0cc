"""The list of playbooks; a new one from one that we ship; taking one out."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from notifier.console.pages._playbooks_desk import (
    NAME,
    Opened,
    drafts_of,
    editing_of,
    id_in,
    keep,
    names_in,
    opened,
    path_of,
)
from notifier.console.pages._proposed import landed, waiting
from notifier.console.pages.forms import Form, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.errors import Refused, SetupError
from notifier.files.starter import shipped_playbooks
from notifier.model.rights import Right

PAST = 100  # closed incidents that are looked through for the last drill


async def listing(call: Call) -> web.Response:
    editing = editing_of(call)
    by_id = {one["id"]: one for one in call.parts.views.state("playbooks")["items"]}
    drilled = _last_drills(call)
    rows = []
    for name in names_in(editing):
        _version, text = editing.published(path_of(name))
        book = by_id.get(id_in(text or ""))
        history = editing.history(path_of(name))
        drafts = await asyncio.to_thread(drafts_of(call).all_of, path_of(name))
        rows.append(
            {"name": name, "book": book, "own": history[0] if history else None, "drafts": drafts,
             "drill": drilled.get(book["id"]) if book else None}
        )  # fmt: skip
    known = {row["name"] for row in rows}
    mine = await asyncio.to_thread(drafts_of(call).mine, call.caller.id)
    new = [draft for draft in mine if (name := draft.path[10:-5]) not in known and NAME.fullmatch(name)]
    may = call.caller.may(Right.PUBLISH, call.parts.site)
    return page(
        call, "playbooks.html", rows=rows, new=new, may=may, version=call.parts.views.site()["version"],
        proposals=waiting(call), two=may and bool(call.parts.views.proposals()),
    )  # fmt: skip


def _last_drills(call: Call) -> dict[str, Any]:
    """Playbook id to its newest drill."""
    found: dict[str, Any] = {}
    for incident in call.parts.views.incidents(open_only=False, limit=PAST, after=None)["items"]:
        if incident["drill"]:
            found.setdefault(incident["playbook"], incident)
    return found


async def ask_new(call: Call) -> web.Response:
    return _new(call, Form())


def _new(call: Call, form: Form, status: int = 200) -> web.Response:
    shipped = [(path[10:-5], path[10:-5].capitalize()) for path in sorted(shipped_playbooks())]
    return page(call, "playbooks_new.html", status=status, form=form, shipped=shipped)


async def begin(call: Call) -> web.Response:
    """A draft only: nothing runs until it is published."""
    form = await read_form(call)
    shipped = shipped_playbooks()
    name = form.text("name", limit=64, needed="Write a short name: lower case letters, digits, - and _.")
    title = form.text("title", limit=100, needed="Write the title that people see.")
    of = form.choice("of", {path[10:-5] for path in shipped}, "Choose the playbook to begin with.")
    taken = set(names_in(editing_of(call))) if call.parts.editing else set()
    ids = {one["id"] for one in call.parts.views.state("playbooks")["items"]}
    if name and not NAME.fullmatch(name):
        form.faults["name"] = "Use lower case letters, digits, - and _, like evacuate-gym."
    elif name in taken | ids | {"new"}:
        form.faults["name"] = f"There is a playbook {name} already; choose another name, or edit that one."
    mine = drafts_of(call)
    if form.sound and await asyncio.to_thread(mine.of, call.caller.id, path_of(name)) is not None:
        form.faults["name"] = f"You have begun a playbook {name} already; it stands in the list."
    if not form.sound:
        return _new(call, form, 422)
    text = shipped[path_of(of)].decode()
    quoted = title.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("playbook:"):
            lines[number] = f'playbook: "{name}"'
        elif line.startswith("title:"):
            lines[number] = f'title: "{quoted}"'
    one = Opened(name, path_of(name), editing_of(call).published(path_of(name))[0], None, None, [])
    await keep(call, one, "\n".join(lines))
    return see(f"/playbooks/{name}")


async def ask_out(call: Call) -> web.Response:
    return await _out(call, await opened(call), Form())


async def _out(call: Call, one: Opened, form: Form, status: int = 200) -> web.Response:
    errors = []
    if one.published is not None:
        seen = await editing_of(call).rehearse({one.path: None}, one.path)
        errors = [fault for fault in seen.faults if fault.level == "error"]
    return page(call, "playbooks_out.html", status=status, form=form, one=one, errors=errors)


async def take_out(call: Call) -> web.Response:
    """Drop a draft, or publish the set without this playbook."""
    one, form = await opened(call), await read_form(call)
    drafts = drafts_of(call)
    if form.raw("do") == "draft" or one.published is None:
        await asyncio.to_thread(drafts.drop, call.caller.id, one.path)
        return see(f"/playbooks/{one.name}" if one.published is not None else "/playbooks")
    comment = form.text("comment", limit=500, needed="Write why it is taken out; it is kept in the record.")
    if not form.sound:
        return await _out(call, one, form, 422)
    based = int(form.raw("version")) if form.raw("version").isdecimal() else -1
    try:
        outcome = await editing_of(call).publish({one.path: None}, comment, call.caller, based)
    except SetupError as error:
        form.faults["comment"] = error.faults[0].text
        return await _out(call, one, form, 422)
    except Refused as refused:
        form.faults["comment"] = str(refused)
        return await _out(call, one, form, refused.status)
    if outcome.done:
        await asyncio.to_thread(drafts.drop, call.caller.id, one.path)
    return landed(outcome, "/playbooks")


ROUTES = (
    shows("/playbooks", Right.VIEW, "The playbooks: what runs, who edits, the last drill.", listing),
    shows("/playbooks/new", Right.PUBLISH, "Begin a playbook from one that we ship.", ask_new),
    does("/playbooks/new", Right.PUBLISH, "Begin a playbook: a draft, nothing runs by it.", begin),
    shows("/playbooks/{playbook}/out", Right.PUBLISH, "What taking a playbook out would do.", ask_out, Flag.FRESH),
    does("/playbooks/{playbook}/out", Right.PUBLISH, "Take a playbook out, or drop a draft.", take_out, Flag.FRESH),
)
