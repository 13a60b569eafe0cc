"""How a response ends, in steps that cannot be slipped through: choose, read whom it reaches, type its four
characters, ask a second person; and the second person's own page.

The code that says "under threat" gives the same pages and the same words as the other one: what follows a decision is
therefore said from the engine's answer alone, never from what the board would show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from notifier.console.pages._board_page import act_page, context, look
from notifier.console.pages._board_second import message_page, why_not
from notifier.console.pages._press_desk import plan_of
from notifier.console.pages._press_words import CHANNELS
from notifier.console.pages.board_actions import done
from notifier.console.pages.forms import ROOM, Form, read_form
from notifier.console.pages.rendering import clock, html, people, plural, zone_of
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import NotFound, NotifierError
from notifier.interfaces import Ending, Outcome
from notifier.model.incident import incident_code
from notifier.model.rights import Right

PAUSED = (
    "Outside messages pause at once. Office and police are told: not confirmed. Doors stay locked and speakers go on "
    "until two people confirm."
)
WAYS = {
    Ending.ALL_CLEAR: (
        "ALL-CLEAR",
        "The danger is over. Rooms are released one by one; then everybody who was told hears it.",
        "Give the ALL-CLEAR",
    ),
    Ending.RECALL: (
        "Recall",
        "It should not have gone out. What has not left is stopped; who got it gets a correction.",
        "Recall it",
    ),
    Ending.MISTAKE: ("It was a mistake", PAUSED, "Tell them it was a mistake"),
    Ending.STOP_DRILL: ("End the DRILL", "The drill is over for everybody in it. One person ends it.", "End the DRILL"),
}
MOST_TEXTS = 8


async def choose(call: Call) -> web.Response:
    picture = await look(call)
    if picture["drill"]:
        ways = [Ending.STOP_DRILL]
    else:
        ways = [Ending.ALL_CLEAR, Ending.RECALL, *([Ending.MISTAKE] if picture["state"] == "active" else [])]
    shown = [(str(way), WAYS[way][0], WAYS[way][1]) for way in ways]
    return await act_page(call, "board_end.html", ways=shown)


async def read(call: Call) -> web.Response:
    return await _ending(call, Form())


async def _ending(call: Call, form: Form, status: int = 200) -> web.Response:
    picture, way = await look(call), _way(call)
    return html(
        "board_ending.html", status, **{**context(call, picture), "form": form, "way": str(way), "words": WAYS[way],
        **await _reach(call, picture, way), "code_asked": _has_code(call), "two": way in picture["two_people"]},
    )  # fmt: skip


async def ask(call: Call) -> web.Response:
    form, way, picture = await read_form(call), _way(call), await look(call)
    reason = form.text("reason", limit=500, needed="Say why, in a few words: the second person reads it.")
    if form.text("code").upper() != picture["code"]:
        form.faults.setdefault("code", "Type the four characters of this incident, as they stand above.")
    duress = await _duress(call, form)
    if form.sound:
        try:
            outcome = await call.parts.commands.end(picture["id"], way, call.caller, reason, duress=duress)
            return _said(call, picture, way, outcome)
        except NotifierError as error:
            form.faults["refused"] = str(error)
    return await _ending(call, form, 422)


async def approval(call: Call) -> web.Response:
    return await _approval(call, Form())


async def _approval(call: Call, form: Form, status: int = 200) -> web.Response:
    picture = await look(call)
    asked = next((one for one in picture["approvals"] if one["id"] == call.path["approval"]), None)
    if asked is None:
        raise NotFound("There is no such question in this incident.")
    if asked["what"] == "message":
        return message_page(call, picture, asked, form, _has_code(call), status)
    way = Ending(asked["what"])
    more = await _reach(call, picture, way)
    return html(
        "board_approval.html", status, **{**context(call, picture), "form": form, "asked": asked, "words": WAYS[way],
        "own": asked["first"] == call.caller.person, "code_asked": _has_code(call), "fresh": call.fresh,
        "counts": _counts(call, asked), **more},
    )  # fmt: skip


def _counts(call: Call, asked: Mapping[str, Any]) -> str:
    """Why this person counts, or does not."""
    zone = zone_of(call.parts.views.site())
    if asked["first"] == call.caller.person:
        alone = "Ten minutes after asking you may decide alone, after proving again who you are."
        return f"You asked, so somebody else decides. {alone}"
    if why := why_not(call, asked):
        return why
    if call.caller.may(Right.COMMAND, call.parts.site):
        return "You count as second person: you may command here, and you are not the one who asked."
    return f"The district on-call counts from {clock(asked['district'], zone)}; others need the right to command."


async def decide(call: Call) -> web.Response:
    form, picture = await read_form(call), await look(call)
    asked = next((one for one in picture["approvals"] if one["id"] == call.path["approval"]), None)
    if asked is None:
        raise NotFound("There is no such question in this incident.")
    grant = form.text("grant") == "yes"
    duress = await _duress(call, form) if grant or form.raw("own_code") else False
    if form.sound:
        try:
            outcome = await call.parts.commands.decide(
                asked["id"], call.caller, grant, reauthenticated=call.fresh, duress=duress, reason=form.text("reason")
            )
            if asked["what"] == "message":
                return done(picture, "message" if grant else "not_sent")
            return _said(call, picture, Ending(asked["what"]), outcome)
        except NotifierError as error:
            form.faults["refused"] = str(error)
    return await _approval(call, form, 422)


def _said(call: Call, picture: Mapping[str, Any], way: Ending, outcome: Outcome) -> web.Response:
    zone = zone_of(call.parts.views.site())
    expires = clock(outcome.expires, zone) if outcome.expires else ""
    said = context(call, picture)
    return html("board_decided.html", **{**said, "outcome": outcome, "words": WAYS[way], "expires": expires})


def _way(call: Call) -> Ending:
    try:
        return Ending(call.path["ending"])
    except ValueError:
        raise NotFound("A response ends by all-clear, recall or mistake; a drill by its end.") from None


def _has_code(call: Call) -> bool:
    return call.parts.entrance.own.has_codes(call.caller.id)


async def _duress(call: Call, form: Form) -> bool:
    """Whether the code that was typed is the one for threats. One that fits neither is a fault of the form."""
    if not _has_code(call):
        return False
    if not form.text("own_code"):
        form.faults.setdefault("own_code", "Type your code: the one that only you know.")
        return False
    if not form.sound:
        return False
    try:
        return await call.parts.entrance.own.under_duress(call.caller.id, form.text("own_code"), call.place)
    except NotifierError as error:
        form.faults["own_code"] = str(error)
        return False


# ------------------------------------------------------------------------------------------------ whom it reaches


async def _reach(call: Call, picture: Mapping[str, Any], way: Ending) -> dict[str, Any]:
    phase = "correction" if way in {Ending.RECALL, Ending.MISTAKE} else "all_clear"
    try:
        plan = await plan_of(call, picture["playbook"], picture["zone"], drill=picture["drill"])
        steps = plan["phases"].get(phase, [])
    except NotFound:
        steps = []
    exact = call.parts.views.closing_reach(picture["id"], phase)
    named = [{**step, **_words(step), "people": exact["steps"].get(step["step"], 0)} for step in steps if "to" in step]
    told = [step for step in named if step["people"]]
    texts: dict[tuple[str, str], list[str]] = {}
    for step in told:
        for one in step.get("previews", ()):
            text = str(one["text"]).replace(incident_code("plan"), picture["code"])
            texts.setdefault((one["language"], text), []).append(step["who"])
    shown = [(language, text, ", ".join(dict.fromkeys(who))) for (language, text), who in texts.items()]
    return {
        "told": told, "texts": shown[:MOST_TEXTS], "known": _known(call, picture, way),
        "speakers": sum(step.get("speakers", 0) for step in steps), "reached": exact["people"],
        "untold": [step["who"] for step in named if not step["people"]],
    }  # fmt: skip


def _words(step: Mapping[str, Any]) -> dict[str, str]:
    names = [str(each).partition(":")[2] or str(each) for each in step["to"]]
    return {"who": ", ".join(names), "how": ", ".join(CHANNELS.get(kind, kind) for kind in step["by"])}


def _known(call: Call, picture: Mapping[str, Any], way: Ending) -> Sequence[tuple[str, str, str, bool]]:
    """Icon, about what, what is known, whether that is not sure."""
    rooms, doors = picture["rooms"], picture["doors"]
    help_ = [task for task in picture["tasks"] if task["kind"] == "need_help" and task["state"] != "done"]
    silent = [room["name"] for room in picture["room_items"] if room["silent"]]
    waiting = sum(states.get("queued", 0) for states in picture["deliveries"].values())
    others = [
        one["code"]
        for one in call.parts.views.incidents(open_only=True, limit=20, after=None)["items"]
        if one["id"] != picture["id"] and not one["drill"]
    ]
    released = f"{rooms['released']} of {rooms['occupied']} released"
    running = f"Running: {', '.join(others)}. Their doors stay locked" if others else "None running"
    found = [
        ("released", "Rooms", released, rooms["released"] < rooms["occupied"]),
        ("need_help", "Need help", plural(len(help_), "call") + " open" if help_ else "None open", bool(help_)),
        ("no_answer", "Not heard from", ", ".join(silent[:8]) or "Nobody", bool(silent)),
        ("unsecured", "Doors", f"Nothing unlocks. {doors['secured']} of {doors['commanded']} read secured",
         doors["not_secured"] > 0),
        ("silent", "Stops", f"Speakers, strobes, reminders, {waiting} messages not yet handed over", False),
        ("flag", "Other incidents", running, bool(others)),
    ]  # fmt: skip
    if way is Ending.ALL_CLEAR or picture["drill"]:
        return found
    left = sum(
        states.get(state, 0) for states in picture["deliveries"].values() for state in ("sent", "delivered", "read")
    )
    text = f"{waiting} had not left and are stopped. {left} had left: they get a correction"
    return [("recalled", "Messages", text, False), *found[3:]]


# ---------------------------------------------------------------------------------------------------- steps that wait


async def step(call: Call) -> web.Response:
    return await _step(call, Form())


async def _step(call: Call, form: Form, status: int = 200) -> web.Response:
    picture, name = await look(call), call.path["step"]
    waiting = next((one for one in picture["steps"] if one["id"] == name and one["state"] == "waiting"), None)
    if waiting is None:
        raise NotFound("This step does not wait for anybody any more. The board shows what does.")
    planned: Mapping[str, Any] = {}
    try:
        plan = await plan_of(call, picture["playbook"], picture["zone"], drill=picture["drill"])
        planned = next((one for one in plan["phases"]["main"] if one["step"] == name), {})
    except NotFound:
        planned = {}
    texts = [
        (one["language"], str(one["text"]).replace(incident_code("plan"), picture["code"]))
        for one in planned.get("previews", ())
    ]
    reach = people(planned["people"]) if planned.get("people") else ""
    if planned:
        planned = {**planned, **_words({"to": [], "by": [], **planned})}
    names = {door["id"]: door["title"] for door in picture["door_items"]}
    doors = [names.get(each, each) for each in waiting["detail"].get("doors", ())]
    shown = {"step": waiting, "planned": planned, "texts": texts, "reach": reach, "doors": doors}
    return html("board_step.html", status, **{**context(call, picture), **shown, "form": form})


async def approve_step(call: Call) -> web.Response:
    form, incident, name = await read_form(call), call.path["incident"], call.path["step"]
    if form.text("word") != "refuse":
        await call.parts.commands.approve_step(incident, name, call.caller)
        return done(await look(call), "approved")
    reason = form.text("reason", limit=500, needed="Say why it is not to happen; those who waited for it will ask.")
    if not form.sound:
        return await _step(call, form, 422)
    await call.parts.commands.refuse_step(incident, name, reason, call.caller)
    return done(await look(call), "refused")


# ------------------------------------------------------------------------------------------------------------ rooms


async def ask_release(call: Call) -> web.Response:
    return await _release(call, Form())


async def _release(call: Call, form: Form, status: int = 200) -> web.Response:
    return await act_page(call, "board_release.html", status=status, form=form)


async def release(call: Call) -> web.Response:
    form, picture = await read_form(call), await look(call)
    rooms = form.some("room", [str(one["id"]) for one in picture["room_items"]])
    override = form.text("override", limit=500)
    if not rooms and not override:
        form.faults.setdefault("room", "Choose the rooms whose people you have seen.")
    if form.sound:
        try:
            await call.parts.commands.release(picture["id"], rooms, call.caller, override)
            return done(picture, "released")
        except NotifierError as error:
            form.faults["refused"] = str(error)
    return await _release(call, form, 422)


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})


def _see(path: str, right: Right, summary: str, handler: Handler, *also: Right) -> Route:
    return Route(
        method="GET", path=f"/board/{{incident}}/{path}", right=right, also=also, summary=summary, handler=handler,
        media="text/html", flags=_PAGE,
    )  # fmt: skip


def _do(path: str, right: Right, summary: str, handler: Handler, *also: Right) -> Route:
    return Route(
        method="POST", path=f"/board/{{incident}}/{path}", right=right, also=also, summary=summary, handler=handler,
        media="text/html", limit=ROOM, flags=_PAGE,
    )  # fmt: skip


ROUTES = (
    _see("end", Right.COMMAND, "The ways to end it.", choose, Right.DRILL),
    _see("end/{ending}", Right.COMMAND, "Whom an ending reaches.", read, Right.DRILL),
    _do("end/{ending}", Right.COMMAND, "Ask for an ending.", ask, Right.DRILL),
    _see("approval/{approval}", Right.VIEW, "What a second person decides about.", approval),
    _do("approval/{approval}", Right.VIEW, "Decide as second person.", decide),
    _see("step/{step}", Right.VIEW, "A step that waits for approval.", step),
    _do("step/{step}", Right.VIEW, "Let a waiting step start.", approve_step),
    _see("release", Right.OPERATE, "Rooms to be released.", ask_release),
    _do("release", Right.OPERATE, "Record that rooms are released.", release),
)
