"""One person changed, added or taken out by a form: their line of the contacts file, published as a new version."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from aiohttp import web

from notifier.console.pages._people_desk import contacts_files
from notifier.console.pages._proposed import landed
from notifier.console.pages._publishing import editing_of, free_name, publish
from notifier.console.pages.forms import Form, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.errors import NotFound
from notifier.files.contact_edit import FIELDS, HANDMADE, appended, faults_in, found, ids, rewritten, rooms
from notifier.files.importing.people import slug_of_name
from notifier.model.rights import Right

LISTS = ("roles", "groups")


async def edit(call: Call) -> web.Response:
    cells = await _cells(call)
    return await _form(call, Form(), cells)


async def change(call: Call) -> web.Response:
    form = await read_form(call)
    before = await _cells(call)
    person = call.path["person"]
    files = contacts_files(editing_of(call))
    place = await asyncio.to_thread(found, files, person)
    if place is None:
        raise NotFound("Nobody of that id is published; the list of people has everybody.")
    path = place[0]
    if form.raw("do") == "out":
        if not form.flag("sure"):
            form.faults["sure"] = f"Tick that {before['name']} is to be taken out."
            return await _form(call, form, before, 422)
        changed: dict[str, bytes | None] = {path: await asyncio.to_thread(rewritten, path, files[path], person, None)}
        return await _published(call, form, before, changed, f"{before['name'][:80]} taken out")
    typed = {**before, **_typed(form), "id": person}
    form.faults |= faults_in(typed, call.parts.site)
    await _examine(form, files, before["room"])
    if not form.sound:
        return await _form(call, form, before, 422)
    if typed == before:
        return see(f"/people/of/{person}")
    body = await asyncio.to_thread(rewritten, path, files[path], person, typed)
    return await _published(call, form, before, {path: body}, f"{typed['name'][:80]} changed", person)


async def ask_new(call: Call) -> web.Response:
    return await _form(call, Form(), {})


async def add(call: Call) -> web.Response:
    form = await read_form(call)
    files = contacts_files(editing_of(call))
    taken = await asyncio.to_thread(ids, files)
    typed = _typed(form)
    typed["id"] = form.text("id", limit=64) or free_name(slug_of_name(typed["name"]), taken)
    form.faults |= faults_in(typed, call.parts.site)
    await _examine(form, files)
    if typed["id"] in taken:
        form.faults["id"] = f"{typed['id']} is somebody else already. Choose another id, or leave it empty."
    if not form.sound:
        return await _form(call, form, {}, 422)
    body = await asyncio.to_thread(appended, HANDMADE, files.get(HANDMADE, b""), typed)
    return await _published(call, form, {}, {HANDMADE: body}, f"{typed['name'][:80]} added", typed["id"])


async def _examine(form: Form, files: Mapping[str, bytes], before: str = "") -> None:
    """What no rule of the contacts files says: a room that is none, a note that is too long."""
    known = await asyncio.to_thread(rooms, files.get("site.yaml", b""))
    form.choice("room", {"", before, *(room for room, _ in known)}, "There is no such room. Choose one of these.")
    form.text("comment", limit=300)


async def _published(
    call: Call,
    form: Form,
    before: Mapping[str, str],
    changes: Mapping[str, bytes | None],
    comment: str,
    person: str = "",
) -> web.Response:
    outcome = await publish(call, changes, form.text("comment", limit=300) or comment, form)
    if outcome is None:
        return await _form(call, form, before, 422)
    return landed(outcome, f"/people/of/{person}" if person else f"/people?published={outcome.detail['version']}")


async def _form(call: Call, form: Form, cells: Mapping[str, str], status: int = 200) -> web.Response:
    editing = editing_of(call)
    site = await asyncio.to_thread(rooms, contacts_files(editing).get("site.yaml", b""))
    return page(
        call, "people_edit.html", status=status, form=form, cells={**dict.fromkeys(FIELDS, ""), **cells},
        rooms=[("", "No room"), *site], new=not cells,
        version=form.raw("version") if form.raw("version") and "version" not in form.faults
        else editing.published("site.yaml")[0],
        languages=call.parts.views.site()["languages"],
    )  # fmt: skip


async def _cells(call: Call) -> dict[str, str]:
    files = contacts_files(editing_of(call))
    place = await asyncio.to_thread(found, files, call.path["person"])
    if place is None:
        raise NotFound("Nobody of that id is published; the list of people has everybody.")
    return {**dict.fromkeys(FIELDS, ""), **place[1]}


def _typed(form: Form) -> dict[str, str]:
    cells = {name: form.text(name, limit=600) for name in FIELDS if name not in {"id", "site", *LISTS}}
    for name in LISTS:
        words = form.text(name, limit=2000).replace(",", ";").split(";")
        cells[name] = ";".join(word.strip() for word in words if word.strip())
    return cells


_MAY, _LOOK = Right.PUBLISH, (Flag.PERSONAL, Flag.FRESH)
ROUTES = (
    shows("/people/new", _MAY, "The form for a new person.", ask_new, Flag.FRESH),
    does("/people/new", _MAY, "Add a person and publish.", add, Flag.FRESH),
    shows("/people/of/{person}/edit", _MAY, "The form of one person, addresses whole.", edit, *_LOOK),
    does("/people/of/{person}/edit", _MAY, "Change a person or take them out, and publish.", change, Flag.FRESH),
)
