"""What people do from a board: say something, send somebody, tell a door again, pause. Each has a page of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages._board_page import act_page, base_of, look
from notifier.console.pages.forms import ROOM, Form, query_text, read_form, see
from notifier.console.pages.rendering import people
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import NotFound, NotifierError
from notifier.interfaces import Outcome
from notifier.model.fire_words import FireWord, not_said_in, said_in
from notifier.model.incident import Activation
from notifier.model.rights import Right

LONGEST_PAGE = 600  # characters that are spoken: under a minute
LONGEST_TEXT = 1000
CHANNELS = ("push", "sms", "email", "voice")
ON_THE_LINE = "911"
GROUPS = {"all": ("In the contacts", {}), "group:staff": ("Staff", {"group": "staff"})}


def done(picture: Mapping[str, Any], word: str) -> web.Response:
    return see(f"{base_of(picture)}?did={word}")


async def refused_or(
    call: Call, form: Form, template: str, deed: Callable[[], Awaitable[Outcome]], did: str, **more: Any
) -> web.Response:
    """Do it; what the engine refuses stands on the same page, with all that was typed."""
    if form.sound:
        try:
            outcome = await deed()
            return done(await look(call), did if outcome.done or not outcome.approval else "message_waits")
        except NotifierError as error:
            form.faults["refused"] = str(error)
    return await act_page(call, template, status=422, form=form, **more)


# --------------------------------------------------------------------------------------------------------- say it


def _audiences(call: Call) -> list[tuple[str, str]]:
    zones = call.parts.views.site()["zones"]
    found = [
        (value, f"{words}: {people(call.parts.views.contacts('', having, limit=1, after=None)['total'])}")
        for value, (words, having) in GROUPS.items()
    ]
    found += [("unanswered", "Those who have not answered")]
    return found + [(f"zone:{zone['id']}", f"People in {zone['name']}") for zone in zones]


def speakers_of(call: Call) -> list[tuple[str, str]]:
    speakers = call.parts.views.state("speakers")["items"]
    used = {one["zone"] for one in speakers}
    zones = [zone for zone in call.parts.views.site()["zones"] if zone["id"] in used]
    found = [("all", f"All {len(speakers)} speakers"), *((f"zone:{zone['id']}", zone["name"]) for zone in zones)]
    return found + [(f"speaker:{one['id']}", f"Only {one['name']}") for one in speakers]


def languages_of(call: Call) -> list[tuple[str, str]]:
    return [(code, code) for code in call.parts.views.site()["languages"]]


async def ask_message(call: Call) -> web.Response:
    return await act_page(call, "board_message.html", form=Form(), audiences=_audiences(call))


async def message(call: Call) -> web.Response:
    form, audiences, incident = await read_form(call), _audiences(call), call.path["incident"]
    to = form.choice("to", [value for value, _ in audiences], "Choose whom it goes to.")
    text = form.text("text", limit=LONGEST_TEXT, needed="Type what it says.")
    by = form.some("by", CHANNELS, "Choose one way at least.")
    return await refused_or(
        call, form, "board_message.html",
        lambda: call.parts.commands.message(incident, [to], by, text, call.caller), "message", audiences=audiences,
    )  # fmt: skip


async def ask_page(call: Call) -> web.Response:
    form = Form({"to": [query_text(call, "to") or "all"]}) if query_text(call, "to") else Form()
    return await act_page(call, "board_say.html", form=form, speakers=speakers_of(call), languages=languages_of(call))


async def say(call: Call) -> web.Response:
    form, speakers, incident = await read_form(call), speakers_of(call), call.path["incident"]
    to = form.choice("to", [value for value, _ in speakers], "Choose the speakers.")
    text = form.text("text", limit=LONGEST_PAGE, needed="Type what is to be said.")
    language = form.choice("language", call.parts.views.site()["languages"])
    times = {"1": 1, "2": 2, "3": 3}.get(form.choice("times", ("1", "2", "3")), 1)
    return await refused_or(
        call, form, "board_say.html",
        lambda: call.parts.commands.page(incident, [to], text, language, times, call.caller), "page", speakers=speakers,
        languages=languages_of(call),
    )  # fmt: skip


async def ask_note(call: Call) -> web.Response:
    return await act_page(call, "board_note.html", form=Form())


async def note(call: Call) -> web.Response:
    form, incident = await read_form(call), call.path["incident"]
    text = form.text("text", needed="Type the note.")
    return await refused_or(
        call, form, "board_note.html", lambda: call.parts.commands.note(incident, text, call.caller), "note"
    )


# ---------------------------------------------------------------------------------------------------- doors, speakers


async def lock(call: Call) -> web.Response:
    form = await read_form(call)
    await call.parts.commands.lock_again(call.path["incident"], form.text("door"), call.caller)
    return done(await look(call), "lock")


async def ask_door(call: Call) -> web.Response:
    picture, name = await look(call), query_text(call, "door")
    found = next((one for one in picture["door_items"] if one["id"] == name), None)
    if found is None:
        raise NotFound(f"There is no door {name}.")
    return await act_page(call, "board_door.html", door=found)


async def door(call: Call) -> web.Response:
    form = await read_form(call)
    secured = form.text("secured") == "yes"
    await call.parts.commands.confirm_door(call.path["incident"], form.text("door"), secured, call.caller)
    return done(await look(call), "door")


async def heard(call: Call) -> web.Response:
    form = await read_form(call)
    said = form.text("heard") == "yes"
    await call.parts.commands.confirm_page(call.path["incident"], form.text("speaker"), said, call.caller)
    return see(f"/board/{call.path['incident']}/speakers")


# ------------------------------------------------------------------------------------------------ command and outside


async def on_the_line(call: Call) -> web.Response:
    await call.parts.commands.hand_off(call.path["incident"], "accept", ON_THE_LINE, call.caller)
    return done(await look(call), "outside")


async def ask_outside(call: Call) -> web.Response:
    return await act_page(call, "board_outside.html", form=Form())


async def outside(call: Call) -> web.Response:
    form, incident = await read_form(call), call.path["incident"]
    word = form.choice("word", ("tell", "accept", "arrive"))
    who = form.text("who", limit=200, needed="Say who: their name or number.")
    return await refused_or(
        call, form, "board_outside.html",
        lambda: call.parts.commands.hand_off(incident, word, who, call.caller), "outside",
    )  # fmt: skip


async def ask_command(call: Call) -> web.Response:
    return await act_page(call, "board_command.html")


async def command(call: Call) -> web.Response:
    await call.parts.commands.take_command(call.path["incident"], call.caller)
    return done(await look(call), "command")


async def ask_pause(call: Call) -> web.Response:
    return await act_page(call, "board_pause.html")


async def pause(call: Call) -> web.Response:
    paused = (await read_form(call)).text("pause") != "no"
    await call.parts.commands.hold_outside(call.path["incident"], call.caller, paused)
    return done(await look(call), "paused" if paused else "resumed")


async def ask_fire(call: Call) -> web.Response:
    zones = [(zone["id"], zone["name"]) for zone in call.parts.views.site()["zones"]]
    languages = call.parts.views.site()["languages"]
    return await act_page(
        call, "board_fire.html", zones=zones, stay=said_in(FireWord.STAY, languages), left_out=not_said_in(languages),
        go=None if _evacuation(call) else said_in(FireWord.GO, languages), asked=query_text(call, "go"),
    )  # fmt: skip


def _evacuation(call: Call) -> str | None:
    books = call.parts.views.state("playbooks")["items"]
    return next((one["id"] for one in books if one["action"] == "evacuate"), None)


async def fire(call: Call) -> web.Response:
    """Stay: a page for one zone. Go: an evacuation of it, beside the lockdown; without a playbook for one, a page."""
    form, incident = await read_form(call), call.path["incident"]
    zone, word = form.text("zone"), form.text("word")
    name = next((one["name"] for one in call.parts.views.site()["zones"] if one["id"] == zone), None)
    if name is None or word not in {"stay", "go"}:
        raise NotFound("There is no such zone here.")
    if word == "stay":
        await call.parts.commands.fire_page(incident, zone, FireWord.STAY, call.caller)
    elif (book := _evacuation(call)) is None:
        word = "go_page"
        await call.parts.commands.fire_page(incident, zone, FireWord.GO, call.caller)
    else:
        started = Activation(
            id=call.new_id(), source=call.caller.id, playbook=book, zone=zone, presser=call.caller.name,
            note=f"Fire alarm: {call.caller.name} decided that {name} goes.",
        )  # fmt: skip
        await call.parts.commands.press(started, call.caller)
    picture = await look(call)
    if any(one["id"] == f"fire:{incident}" and one["state"] != "done" for one in picture["tasks"]):
        await call.parts.commands.move_task(f"fire:{incident}", "take", call.caller)
    return done(picture, word)


async def late(call: Call) -> web.Response:
    """A press that came late, or that must be verified: it starts, or it does not."""
    form = await read_form(call)
    go, press = form.text("fire") == "yes", form.text("press")
    if form.text("kind") == "verify":
        await call.parts.commands.verify(press, "fire" if go else "veto", call.caller)
    else:
        await call.parts.commands.stop_late(press, call.caller, go)
    return done(await look(call), "late")


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})
_O, _R, _C = Right.OPERATE, Right.RESPOND, Right.COMMAND


def _see(path: str, right: Right, summary: str, handler: Handler, *also: Right) -> Route:
    return Route(
        method="GET", path=f"/board/{{incident}}/{path}", right=right, also=also, summary=summary, handler=handler,
        media="text/html", flags=_PAGE,
    )  # fmt: skip


def _do(path: str, right: Right, summary: str, handler: Handler, *also: Right) -> Route:
    return Route(
        method="POST", path=f"/board/{{incident}}/{path}", right=right, also=also, summary=summary, handler=handler,
        media="text/html", limit=ROOM, status=303, flags=_PAGE,
    )  # fmt: skip


ROUTES = (
    _see("message", _O, "Whom to write to, and what.", ask_message),
    _do("message", _O, "Write to people.", message),
    _see("page", _O, "What to say on the speakers.", ask_page),
    _do("page", _O, "Say it on the speakers.", say),
    _see("note", _O, "A note for the record.", ask_note),
    _do("note", _O, "Write a note.", note),
    _do("lock", _R, "Tell a door to lock again.", lock, _O),
    _see("door", _R, "What was seen of a door.", ask_door, _O),
    _do("door", _R, "Say what was seen of a door.", door, _O),
    _do("heard", _O, "Say whether a page was heard.", heard, _R),
    _do("911", _O, "Say that you are on the line with 911.", on_the_line, _R),
    _see("outside", _O, "Who outside has it now.", ask_outside, _R),
    _do("outside", _O, "Say who outside has it now.", outside, _R),
    _see("command", _C, "Who is in command.", ask_command),
    _do("command", _C, "Take command.", command),
    _see("pause", _O, "What pausing outside messages does.", ask_pause),
    _do("pause", _O, "Pause outside messages, or let them go on.", pause),
    _see("fire", _O, "Stay or go.", ask_fire),
    _do("fire", _O, "Decide for a zone: stay or go.", fire),
    _do("late", _O, "Start or stop a late press.", late),
)
