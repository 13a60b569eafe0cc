"""The press. The shortest way in: who presses is known from memory, and what they send can only add to it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from notifier.console.callers import bearer_of, client_address, inside, networks_of
from notifier.console.problems import BadRequest
from notifier.console.reading import parse_json, read_body
from notifier.console.route import Call
from notifier.errors import NotFound, Refused
from notifier.model.incident import Activation
from notifier.model.rights import Caller, Right

BODY_PATIENCE = 1.0  # seconds; a device whose body hangs has pressed all the same
NOTE_LIMIT = 2000  # characters; more than anybody types under stress
MOST_NAMED = 16  # unknown fields that are named one by one
KEY_LIMIT = 200  # characters of an Idempotency-Key that are kept as they are

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FIELDS = ("playbook", "zone", "note", "pressed_at")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Nothing was started</title><link rel="stylesheet" href="/static/answer.css"></head>
<body class="plain"><main><h1>Nothing was started</h1>
<p>This is the address of a panic button. Opening it in a browser starts nothing.</p>
<p>An emergency now? Press the button itself, tell the office, or <a href="tel:911">call 911</a>.</p>
</main></body></html>
"""


async def activations(call: Call) -> Any:
    """A press by a program or an enrolled device with a token. Live, whatever the body says."""
    token = bearer_of(call.request)
    button = call.parts.accounts.button_of(token) if token and call.caller.id.startswith("button:") else None
    return await _press(call, call.caller, button)


async def press_button(call: Call) -> Any:
    """A press by whoever knows a button's address."""
    button = call.parts.accounts.button_of(call.path["secret"])
    if button is None:
        raise NotFound("No button is enrolled at this address; enrol it again and give it the new address.")
    name = str(button.get("name") or f"Button {button['id']}")
    rights, sites = frozenset({Right.PRESS}), frozenset({str(button["site"])})
    # The audit says who it was, and from where.
    call.caller = Caller(f"button:{button['id']}", name, None, rights, sites)
    return await _press(call, call.caller, button)


async def open_button(call: Call) -> Any:
    """GET, HEAD or OPTIONS of a button's address: a page, unless it is a button that cannot do better."""
    request = call.request
    if request.method != "GET" or is_browsing(request.headers):
        return web.Response(text=PAGE, content_type="text/html")
    button = call.parts.accounts.button_of(call.path["secret"])
    if button is None:
        raise NotFound("No button is enrolled at this address; enrol it again and give it the new address.")
    if not button["get"]:
        text = "This button presses with POST. If it can only GET, write `get: true` and its network in the site file."
        raise BadRequest(405, text, allow="POST")
    address = client_address(request, networks_of(call.parts.settings.behind_proxy))
    if not inside(address, networks_of(button["networks"])):
        text = "This button may press with GET from its named networks only; write its network in the site file."
        raise Refused(text)
    return await press_button(call)


def is_browsing(headers: Mapping[str, str]) -> bool:
    """Whether a person or a preview opened it: Sec-Purpose, Purpose, X-Moz, navigation, or HTML wanted."""
    purpose = f"{headers.get('Sec-Purpose', '')} {headers.get('Purpose', '')} {headers.get('X-Moz', '')}".lower()
    if "prefetch" in purpose or "prerender" in purpose or "preview" in purpose:
        return True
    return headers.get("Sec-Fetch-Mode", "") == "navigate" or "text/html" in headers.get("Accept", "")


async def _press(call: Call, caller: Caller, button: Mapping[str, Any] | None) -> Any:
    said, problems = await _said(call)
    own_playbook, own_zone = (str(button["playbook"]), button["zone"]) if button else ("", None)
    playbook = _name(said, "playbook", problems)
    if button is not None and playbook not in (None, own_playbook):
        problems.append(f"playbook {_short(playbook)} is not what this button was enrolled for; its own is used.")
        playbook = own_playbook
    zone = _name(said, "zone", problems)
    activation = Activation(
        id=call.new_id(),
        source=caller.id,
        playbook=playbook or own_playbook,
        zone=zone or own_zone,
        note=_note(said, problems),
        pressed_at=_moment(said, problems),
        dedupe=own_key(call.request.headers.get("Idempotency-Key", "")),
        presser=caller.name,
        problems=tuple(problems),
    )
    return await call.parts.commands.press(activation, caller)


async def _said(call: Call) -> tuple[Mapping[str, Any], list[str]]:
    """What the body says, as far as it can be read, and what was wrong with the rest."""
    if not call.request.can_read_body:
        return {}, []
    try:
        raw = await read_body(call.request, call.route.limit, BODY_PATIENCE)
    except BadRequest as error:
        return {}, [f"The body was left aside. {error}"]
    except Exception:  # noqa: BLE001 whatever breaks a body, the press has been made
        return {}, ["The connection broke before the body was complete; it was left aside."]
    if not raw or (call.path and call.request.content_type != "application/json"):
        return {}, []  # a dumb button sends what it likes: its battery, its name
    problems: list[str] = []
    try:
        said = parse_json(raw)
    except ValueError:
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            return {}, ["The body is not JSON; it was left aside."]
        problems.append("The body says one thing twice, or a number that is none.")
    if not isinstance(said, dict):
        return {}, ["The body is not a JSON object; it was left aside."]
    unknown = [name for name in said if name not in _FIELDS]
    problems += [f"There is no field {_short(name)}; it was left aside." for name in unknown[:MOST_NAMED]]
    return said, problems


def _name(said: Mapping[str, Any], field: str, problems: list[str]) -> str | None:
    written = said.get(field)
    if written is None:
        return None
    if isinstance(written, str) and _NAME.fullmatch(written):
        return written
    problems.append(f"{field} {_short(written)} is not a name; the device's own is used.")
    return None


def _note(said: Mapping[str, Any], problems: list[str]) -> str:
    written = said.get("note")
    if written is None:
        return ""
    if not isinstance(written, str):
        problems.append("note is not text; it was left aside.")
        return ""
    if len(written) > NOTE_LIMIT:
        problems.append(f"note is longer than {NOTE_LIMIT} characters; the rest was left aside.")
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", written[:NOTE_LIMIT])


def _moment(said: Mapping[str, Any], problems: list[str]) -> float | None:
    """Seconds since 1970, from a number or an ISO 8601 text with its offset."""
    written = said.get("pressed_at")
    if written is None:
        return None
    if isinstance(written, int | float) and not isinstance(written, bool) and abs(written) < 1e11:
        return float(written)
    if isinstance(written, str):
        try:
            moment = datetime.fromisoformat(written)
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None:
            return moment.timestamp()
    problems.append(f"pressed_at {_short(written)} is no time; now is used.")
    return None


def own_key(written: str) -> str:
    """An Idempotency-Key as sent; a long or strange one by its hash, so that it stays one and the same."""
    if len(written) <= KEY_LIMIT and written.isascii() and written.isprintable():
        return written
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def _short(written: object) -> str:
    if isinstance(written, str | int | float):
        return ascii(written)[:48]
    return "(a list or an object)"
