"""People: found, looked at, checked by a message, and whom nothing reaches. Numbers are shown in part."""

from __future__ import annotations

import asyncio
import csv
import io
from urllib.parse import urlencode

from aiohttp import web

from notifier.console.pages._people_desk import contacts_files
from notifier.console.pages._publishing import editing_of
from notifier.console.pages.forms import Form, query_text, read_form, see
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import shows
from notifier.console.route import KILOBYTE, Call, Flag, Route
from notifier.errors import Refused
from notifier.files.contact_edit import FIELDS, everybody
from notifier.model.people import ADDRESS_KINDS
from notifier.model.rights import Right

HERE = "/people"
A_PAGE = 50
ONLY = (
    ("", "Everybody"), ("staff", "On site"), ("outside", "Outside"), ("agencies", "Police, fire, EMS, dispatch"),
    ("unreached", "Nothing reaches them"), ("one_path", "One path only"),
)  # fmt: skip
HAVING = ("group", "role", "language", "only")


async def show(call: Call) -> web.Response:
    form = Form({name: [query_text(call, name)] for name in ("search", *HAVING)})
    search, after = form.text("search", limit=200), query_text(call, "after") or None
    having = {name: form.text(name) for name in HAVING}
    form.choice("only", [value for value, _ in ONLY])
    asked = (search, having) if form.sound else ("", {})
    # Beside the loop: a district's hundred thousand are looked through in a fraction of a second, and a press comes.
    found = await asyncio.to_thread(call.parts.views.contacts, *asked, limit=A_PAGE, after=after)
    for name, known in (("group", "groups"), ("role", "roles"), ("language", "languages")):
        if having[name] and having[name] not in found[known]:
            form.faults.setdefault(name, "Nobody has this. Choose one of the list.")
    kept = {name: value for name, value in {"search": search, **having}.items() if value}
    return page(
        call, "people.html", status=200 if form.sound else 422, form=form, found=found, only=ONLY, kinds=ADDRESS_KINDS,
        further=urlencode({**kept, "after": found["next"]}) if found["next"] else "",
        back=urlencode({**kept, "after": max(0, found["start"] - A_PAGE)}) if found["start"] else "",
        published=query_text(call, "published")[:9], version=call.parts.views.site()["version"],
        may=call.caller.may(Right.PUBLISH, call.parts.site),
    )  # fmt: skip


async def one(call: Call) -> web.Response:
    return _one(call)


def _one(call: Call, wrong: str = "", status: int = 200) -> web.Response:
    may = call.caller.may(Right.PUBLISH, call.parts.site)
    return page(
        call, "people_one.html", status=status, one=call.parts.views.contact(call.path["person"]), wrong=wrong, may=may,
        may_check=may or call.caller.may(Right.TECHNICIAN, call.parts.site),
    )  # fmt: skip


async def check(call: Call) -> web.Response:
    """One message that says it is no alarm, to this person alone."""
    await read_form(call)
    try:
        await call.parts.commands.check_contact(call.path["person"], call.caller)
    except Refused as refused:
        return _one(call, str(refused), refused.status)
    return see(f"{HERE}/of/{call.path['person']}#checks")


async def reach(call: Call) -> web.Response:
    return page(call, "people_reach.html", reach=await asyncio.to_thread(call.parts.views.reach))


async def export(call: Call) -> web.Response:
    """Everybody as a table; what a spreadsheet would take for a formula stands behind an apostrophe (OWASP)."""
    files = contacts_files(editing_of(call))
    raw = await asyncio.to_thread(_table, files)
    headers = {"Content-Disposition": 'attachment; filename="people.csv"', "Cache-Control": "no-store"}
    return web.Response(body=raw, content_type="text/csv", charset="utf-8", headers=headers)


def _table(files: dict[str, bytes]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(FIELDS)
    for cells in everybody(files):
        writer.writerow([harmless(cells.get(name, "")) for name in FIELDS])
    return b"\xef\xbb\xbf" + text.getvalue().encode()


FORMULA = frozenset("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet's formula begins with (OWASP, CSV injection), in the wide letters of Asian keyboards too."""


def harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in FORMULA or cell.lstrip()[:1] in FORMULA else cell


_PERSONAL = frozenset({Flag.PAGE, Flag.LENIENT, Flag.PERSONAL})

ROUTES = (
    shows(HERE, Right.VIEW, "The published people, found by words; numbers in part.", show, Flag.PERSONAL),
    shows(f"{HERE}/reach", Right.VIEW, "Whom nothing reaches, and by which step.", reach, Flag.PERSONAL),
    Route(
        method="GET", path=f"{HERE}/export", right=Right.PUBLISH, handler=export, media="text/csv",
        flags=_PERSONAL | {Flag.FRESH}, summary="Everybody as a table, safe to open in a spreadsheet.",
    ),
    shows(f"{HERE}/of/{{person}}", Right.VIEW, "One person, and what reaches them.", one, Flag.PERSONAL),
    Route(
        method="POST", path=f"{HERE}/of/{{person}}/check", right=Right.PUBLISH, also=(Right.TECHNICIAN,), handler=check,
        media="text/html", limit=KILOBYTE, status=303, flags=_PERSONAL,
        summary="Send one message that says it is no alarm to this person alone.",
    ),
)  # fmt: skip
