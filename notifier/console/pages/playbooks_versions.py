"""What was published of one playbook, when, by whom and why; each against the one before; and back to an old one."""

from __future__ import annotations

from aiohttp import web

from notifier.console.pages._playbooks_compare import Compared, compare
from notifier.console.pages._playbooks_desk import Opened, editing_of, opened, seen_of
from notifier.console.pages._proposed import landed
from notifier.console.pages.forms import Form, read_form
from notifier.console.pages.rendering import page
from notifier.console.pages.sign_in import does, shows
from notifier.console.route import Call, Flag
from notifier.errors import NotFound, Refused, SetupError
from notifier.interfaces import FileVersion
from notifier.model.rights import Right


async def versions(call: Call) -> web.Response:
    return page(call, "playbooks_versions.html", one=await opened(call))


async def version(call: Call) -> web.Response:
    """What this version changed."""
    one = await opened(call)
    this, before = _found(one, call.path["version"])
    return await _version(call, one, this, before, Form())


async def _version(
    call: Call, one: Opened, this: FileVersion, before: FileVersion | None, form: Form, status: int = 200
) -> web.Response:
    changed = await _compared(call, one, before.text if before else None, this.text)
    back = None if this.text == one.published else await _compared(call, one, one.published, this.text)
    return page(
        call, "playbooks_version.html", status=status, one=one, this=this, before=before, changed=changed, back=back,
        form=form,
    )  # fmt: skip


async def roll_back(call: Call) -> web.Response:
    """The old text becomes a new version: nothing of the record goes away."""
    one, form = await opened(call), await read_form(call)
    this, before = _found(one, call.path["version"])
    comment = form.text("comment", limit=500, needed="Write why it goes back; it is kept in the record.")
    if not form.sound:
        return await _version(call, one, this, before, form, 422)
    based = int(form.raw("version")) if form.raw("version").isdecimal() else -1
    changes = {one.path: None if this.text is None else this.text.encode("utf-8", "replace")}
    try:
        why = f"Back to version {this.version}: {comment}"
        outcome = await editing_of(call).publish(changes, why, call.caller, based)
    except SetupError as error:
        form.faults["comment"] = f"That version does not fit the school of today: {error.faults[0].text}"
        return await _version(call, one, this, before, form, 422)
    except Refused as refused:
        form.faults["comment"] = str(refused)
        return await _version(call, one, this, before, form, refused.status)
    return landed(outcome, f"/playbooks/{one.name}/versions" if this.text is not None else "/playbooks")


async def against(call: Call) -> web.Response:
    """The caller's draft against what runs."""
    one = await opened(call)
    return page(call, "playbooks_compare.html", one=one, told=await _compared(call, one, one.published, one.text))


async def _compared(call: Call, one: Opened, old: str | None, new: str | None) -> Compared:
    seen = [await seen_of(call, one, text) for text in (old, new)]
    return compare(old, new, *seen)


def _found(one: Opened, asked: str) -> tuple[FileVersion, FileVersion | None]:
    """(the version, the one before it)."""
    for this, before in zip(one.history, [*one.history[1:], None], strict=True):
        if str(this.version) == asked:
            return this, before
    raise NotFound(f"Version {asked[:10]} did not change this playbook; its versions stand in the list.")


ROUTES = (
    shows("/playbooks/{playbook}/versions", Right.PUBLISH, "What was published of a playbook.", versions),
    shows("/playbooks/{playbook}/versions/{version}", Right.PUBLISH, "What one version changed.", version),
    does(
        "/playbooks/{playbook}/versions/{version}", Right.PUBLISH, "Go back to it, as a new version.", roll_back,
        Flag.FRESH,
    ),
    shows("/playbooks/{playbook}/compare", Right.PUBLISH, "The draft against what runs.", against),
)  # fmt: skip
