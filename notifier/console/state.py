"""What is and who may: lists of state, plans, publications, accounts and buttons."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.audited import audited
from notifier.console.paging import cut
from notifier.console.problems import BadRequest, Wrong
from notifier.console.route import Call, Handler
from notifier.errors import NotFound, Refused


def state(what: str) -> Handler:
    """A handler for one of the view's lists."""

    async def show(call: Call) -> Any:
        return cut(call.parts.views.state(what), call.query)

    return show


async def try_door(call: Call) -> Any:
    return await call.parts.commands.try_door(call.path["door"], call.caller, call.body.command)


async def try_signal(call: Call) -> Any:
    return await call.parts.commands.try_signal(call.path["signal"], call.caller, call.body.command)


async def try_channel(call: Call) -> Any:
    return await call.parts.commands.try_channel(call.path["sender"])


async def try_speaker(call: Call) -> Any:
    return await call.parts.commands.try_speaker(call.path["speaker"])


async def try_camera(call: Call) -> Any:
    return dict((await call.parts.commands.try_camera(call.path["camera"])).words)


async def still(call: Call) -> web.Response:
    """The picture itself. It is never kept: each request is one look, and each is written down (`Flag.PERSONAL`)."""
    tried = await call.parts.commands.try_camera(call.path["camera"])
    if tried.jpeg is None:
        raise Refused(f"No picture came. {tried.words['text']}", 502)
    said = {"X-Picture-Asked": tried.words["asked_at"], "X-Picture-Well": "yes" if tried.words["well"] else "no"}
    if tried.words["taken_at"] is not None:
        said["X-Picture-Taken"] = tried.words["taken_at"]
    return web.Response(body=tried.jpeg, content_type="image/jpeg", headers={"Cache-Control": "no-store", **said})


async def plan(call: Call) -> Any:
    return await call.parts.commands.plan(call.path["playbook"], call.query.zone, call.query.drill)


async def publish(call: Call) -> Any:
    files: dict[str, bytes] = {}
    faults = []
    for path, content in call.body.files.items():
        await asyncio.sleep(0)  # a recording takes milliseconds: a press comes between
        try:
            files[path] = base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            faults.append(Wrong(f"body.files.{path}", "it is not base64", "Send each file's content in base64."))
    if faults:
        raise BadRequest(422, "The files cannot be read; nothing has been published.", faults)
    return await call.parts.commands.publish(files, call.body.comment, call.caller)


async def published(call: Call) -> Any:
    version = call.path["version"]
    if version != "newest" and not (version.isdecimal() and len(version) < 10):
        raise NotFound(f"There is no version {version[:32]!r}; versions are numbers, and `newest` is the last one.")
    wanted = None if version == "newest" else int(version)
    return call.parts.views.published_files(wanted, recordings=call.query.recordings)


async def proposals(call: Call) -> Any:
    return cut({"items": list(call.parts.views.proposals())}, call.query)


async def proposal(call: Call) -> Any:
    return call.parts.views.proposal(call.path["proposal"])


async def accounts(call: Call) -> Any:
    return cut({"items": list(call.parts.accounts.listing())}, call.query)


async def add_user(call: Call) -> Any:
    body = call.body
    account, token = await call.parts.accounts.add_user(
        body.name, body.roles, body.sites, body.os_user, body.person, call.caller, body.email
    )
    return {"account": account, "token": token}


async def enrol_button(call: Call) -> Mapping[str, str]:
    secret = await call.parts.accounts.enrol_button(call.path["button"], call.caller)
    return {"button": call.path["button"], "path": f"/press/{secret}"}


async def set_roles(call: Call) -> Mapping[str, str]:
    await call.parts.entrance.people.set_roles(call.path["account"], call.body.roles, call.body.sites, call.caller)
    return {"account": call.path["account"], "change": "roles"}


async def disable(call: Call) -> Mapping[str, str]:
    await call.parts.entrance.people.disable(call.path["account"], call.caller)
    return {"account": call.path["account"], "change": "disabled"}


async def enable(call: Call) -> Mapping[str, str]:
    await call.parts.entrance.people.enable(call.path["account"], call.caller)
    return {"account": call.path["account"], "change": "enabled"}


async def invite(call: Call) -> Mapping[str, str]:
    return {"path": f"/welcome/{await call.parts.entrance.people.invite(call.path['account'], call.caller)}"}


async def reset(call: Call) -> Mapping[str, str]:
    return {"path": f"/welcome/{await call.parts.entrance.people.reset(call.path['account'], call.caller)}"}


async def enrol_kiosk(call: Call) -> Mapping[str, str]:
    token = await call.parts.accounts.enrol_kiosk(call.body.name, call.path["button"], call.caller)
    return {"path": f"/enrol/{token}"}


async def audit(call: Call) -> Any:
    return audited(call, call.query.limit, call.query.after)


async def revoke_account(call: Call) -> Mapping[str, str]:
    await call.parts.accounts.revoke(call.path["account"], call.caller)
    return {"revoked": call.path["account"]}


async def revoke_button(call: Call) -> Mapping[str, str]:
    what = f"button:{call.path['button']}"
    await call.parts.accounts.revoke(what, call.caller)
    return {"revoked": what}
