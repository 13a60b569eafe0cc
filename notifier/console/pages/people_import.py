"""An export of another program brought in: first what would change, row by row, then published as a new version."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from notifier.console.pages._people_desk import contacts_files
from notifier.console.pages._proposed import landed
from notifier.console.pages._publishing import editing_of, publish, said, version_of
from notifier.console.pages._upload import read_upload
from notifier.console.pages.forms import ROOM, Form, read_form
from notifier.console.pages.rendering import page
from notifier.console.route import KILOBYTE, Call, Flag, Handler, Route
from notifier.errors import Refused, SetupError
from notifier.files.importing.limits import LARGEST_TABLE
from notifier.files.importing.numbers import is_country
from notifier.interfaces import BroughtIn
from notifier.model.rights import Right

HERE = "/people/import"
SHOWN = 200
"""Rows of each kind that the page shows (`daemon.checking` names no more); the numbers say how many there are."""
MOST_KEPT = 4
"""Uploads that wait for somebody's yes, of all who import: 32 MB each at most."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An upload, and what was said beside it."""

    owner: str
    name: str
    raw: bytes
    target: str
    options: Mapping[str, Any]
    said: Form


async def ask(call: Call) -> web.Response:
    return _ask(call, Form())


def _ask(call: Call, form: Form, status: int = 200) -> web.Response:
    return page(call, "people_import.html", status=status, form=form)


async def look(call: Call) -> web.Response:
    """A dry run: nothing is changed by it."""
    form, name, raw = await read_upload(call, "file", LARGEST_TABLE)
    if not raw:
        form.faults["file"] = "Choose the file that the other program exported."
    into = form.text("into", limit=64) or "imported"
    if not _NAME.fullmatch(into):
        form.faults["into"] = "Use lower case letters, digits, - and _, like imported."
    country = (form.text("country", limit=8) or "US").upper()
    if not is_country(country):
        form.faults["country"] = "Write a country's two letters, like US or CA."
    groups = form.text("groups", limit=500).lower().replace(",", ";").split(";")
    options = {
        "country": country, "groups": tuple(word.strip() for word in groups if word.strip()),
        "roles": {key.casefold(): to for key, to in _pairs(form, "roles").items()}, "chosen": _pairs(form, "columns"),
        "school": form.text("school", limit=100) or None, "students": form.flag("students"),
    }  # fmt: skip
    if not form.sound:
        return _ask(call, form, 422)
    wanted = Wanted(call.caller.id, name or "upload.csv", raw, f"contacts/{into}.csv", options, form)
    try:
        plan = await _plan(call, wanted)
    except SetupError as error:
        form.faults["file"] = " ".join(f"{fault.text} {fault.advice}" for fault in error.faults[:5])
        return _ask(call, form, 422)
    except Refused as refused:
        form.faults["file"] = str(refused)
        return _ask(call, form, refused.status)
    key = _keep(call, wanted)
    return await _show(call, Form(), wanted, plan, key)


async def bring(call: Call) -> web.Response:
    form = await read_form(call)
    wanted = _kept(call).get(form.text("key", limit=64))
    if wanted is None or wanted.owner != call.caller.id:
        again = Form(faults={"file": "The upload is not here any more. Choose the file again."})
        return _ask(call, again, 409)
    try:
        plan = await _plan(call, wanted)
    except Refused as refused:
        return _ask(call, Form(faults={"file": f"Nothing was changed. {refused}"}), refused.status)
    comment = form.text("comment", limit=300) or f"{wanted.name} imported: {plan.people} people"
    if plan.counts["gone"] and not form.flag("gone"):
        form.faults["gone"] = "Tick that these people are to be taken out, or import a complete export."
    if not form.sound:
        return await _show(call, form, wanted, plan, form.text("key"), 422)
    outcome = await publish(call, {wanted.target: plan.body}, comment, form)
    if outcome is None:
        return await _show(call, form, wanted, plan, form.text("key"), 422)
    _kept(call).pop(form.text("key"), None)
    return landed(outcome, f"/people?published={outcome.detail['version']}")


async def _show(call: Call, form: Form, wanted: Wanted, plan: BroughtIn, key: str, status: int = 200) -> web.Response:
    checked, unchecked = None, ""
    try:
        checked = await editing_of(call).rehearse({wanted.target: plan.body}, "site.yaml") if plan.people else None
    except Refused as refused:
        unchecked = f"Whether it could be published was not checked. {refused}"
    before = _before(contacts_files(editing_of(call)), wanted.target)
    return page(
        call, "people_dry_run.html", status=status, form=form, plan=plan, wanted=wanted, key=key, shown=SHOWN,
        refused_by_check=said(checked.faults) if checked and _errors(checked.faults) else unchecked, before=before,
        version=version_of(form) if form.raw("version") and "version" not in form.faults
        else editing_of(call).published("site.yaml")[0],
    )  # fmt: skip


def _errors(faults: Any) -> bool:
    return any(fault.level == "error" for fault in faults)


def _before(files: Mapping[str, bytes], target: str) -> int:
    """Lines of people that the file has now."""
    return max(0, files.get(target, b"").count(b"\n") - 1)


async def _plan(call: Call, wanted: Wanted) -> BroughtIn:
    return await editing_of(call).bring_in(wanted.name, wanted.raw, wanted.target, wanted.options)


def _kept(call: Call) -> dict[str, Wanted]:
    found: dict[str, Wanted] = call.parts.kept.setdefault("imports", {})
    return found


def _keep(call: Call, wanted: Wanted) -> str:
    """One for each person, and not many at all: what waits lies in memory and goes with the process."""
    kept = _kept(call)
    for key in [key for key, one in kept.items() if one.owner == wanted.owner]:
        del kept[key]
    while len(kept) >= MOST_KEPT:
        del kept[next(iter(kept))]
    key = secrets.token_urlsafe(12)
    kept[key] = replace(wanted, said=Form(wanted.said.values))
    return key


def _pairs(form: Form, name: str) -> dict[str, str]:
    """Lines of `theirs = ours`, or for columns `ours = theirs`."""
    found: dict[str, str] = {}
    for line in form.text(name).splitlines():
        left, sign, right = line.partition("=")
        if line.strip() and not (sign and left.strip()):
            form.faults[name] = f"“{line[:60]}” has no =. Write one pair in each line."
        elif line.strip():
            found[left.strip()] = right.strip()
    return found


def _route(method: str, path: str, summary: str, handler: Handler, *more: Flag, limit: int = 0) -> Route:
    return Route(
        method=method, path=path, right=Right.PUBLISH, summary=summary, handler=handler, media="text/html", limit=limit,
        flags=frozenset({Flag.PAGE, Flag.LENIENT, *more}),
    )  # fmt: skip


ROUTES = (
    _route("GET", HERE, "Bring in an export of another program.", ask, Flag.FRESH),
    _route(
        "POST", HERE, "What an import would change; nothing is done.", look, Flag.PERSONAL,
        limit=LARGEST_TABLE + 64 * KILOBYTE,
    ),
    _route(
        "POST", f"{HERE}/publish", "Publish what the dry run showed.", bring, Flag.PERSONAL, Flag.FRESH, limit=ROOM
    ),
)  # fmt: skip
