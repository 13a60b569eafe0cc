"""Who has what the board shows: take it, give it, send somebody, say that it is done; and what was heard of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from notifier.console.pages._board_page import act_page, look, rows_of
from notifier.console.pages.board_actions import done
from notifier.console.pages.forms import ROOM, Form, query_text, read_form, see
from notifier.console.route import Call, Flag, Handler, Route
from notifier.errors import NotFound, NotifierError
from notifier.model.rights import Right

LONGEST_NAME = 100
GIVEN = ("task", "kind", "subject")
"""What names that which is given: a task, or a row of the board that has none (`Commands.take_up`)."""
ABLE = {"principal", "office", "custodian", "district", "commander", "nurse", "security", "responder"}
"""Roles that stand first."""


async def task(call: Call) -> web.Response:
    form = await read_form(call)
    word = form.choice("word", ("take", "give_back", "finish"))
    if not form.sound:
        raise NotFound("There is nothing of this kind to do with a task.")
    await call.parts.commands.move_task(form.text("task"), word, call.caller)
    return done(await look(call), {"take": "taken", "finish": "finished"}.get(word, "given"))


async def take(call: Call) -> web.Response:
    """What the board shows without a task becomes one, and the caller's."""
    form = await read_form(call)
    await call.parts.commands.take_up(call.path["incident"], form.text("kind"), form.text("subject"), call.caller)
    return done(await look(call), "taken")


async def ask_give(call: Call) -> web.Response:
    form = Form({"q": [query_text(call, "q")]})
    asked = form.text("q", limit=LONGEST_NAME)
    what = {name: query_text(call, name) for name in GIVEN}
    return await _give_page(call, form, what, asked if form.sound else "", 200 if form.sound else 422)


async def give(call: Call) -> web.Response:
    form, commands = await read_form(call), call.parts.commands
    what = {name: form.text(name) for name in GIVEN}
    to = form.text("to", needed="Choose who is to have it.")
    if form.sound:
        try:
            if what["kind"]:
                await commands.take_up(call.path["incident"], what["kind"], what["subject"], call.caller, to)
            else:
                await commands.move_task(what["task"], "take", call.caller, to=to)
            return done(await look(call), "given")
        except NotifierError as error:
            form.faults["to"] = str(error)
    return await _give_page(call, form, what, "", 422)


async def _give_page(call: Call, form: Form, what: Mapping[str, str], asked: str, status: int = 200) -> web.Response:
    """Whoever has the right to act first; found by name among thousands."""
    picture = await look(call)
    text = _row(call, picture, what) if what["kind"] else _task(picture, what["task"])["text"]
    people = call.parts.views.state("contacts")["items"]
    wanted = [one for one in people if asked.casefold() in one["name"].casefold()] if asked else people
    wanted = sorted(wanted, key=lambda one: (not ABLE & set(one["roles"]), not one["on_site"], one["name"]))
    staff = [one for one in wanted if asked or one["on_site"] or one["roles"]]
    return await act_page(
        call, "board_give.html", status=status, form=form, text=text, what=what, people=staff[:30],
        more=len(staff) - 30, q=asked,
    )  # fmt: skip


def _row(call: Call, picture: Mapping[str, Any], what: Mapping[str, str]) -> str:
    """What the row of the board says that is to be given. Raises NotFound."""
    asked = {"kind": what["kind"], "subject": what["subject"]}
    row = next((one for one in rows_of(call, picture) if any(deed.fields == asked for deed in one.deeds)), None)
    if row is None:
        raise NotFound("This needs nobody any more, or somebody has it. The board shows what needs somebody now.")
    return f"{row.title}. {row.how}"


def _task(picture: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = next(
        (one for one in picture["tasks"] if one["id"] == name and one["state"] != "done"), None
    )
    if found is None:
        raise NotFound("This is nobody's task any more. The board shows what needs somebody now.")
    return found


async def ask_finish(call: Call) -> web.Response:
    return await act_page(call, "board_finish.html", task=_task(await look(call), query_text(call, "task")))


async def answer(call: Call) -> web.Response:
    """What somebody heard of a person, or saw."""
    form = await read_form(call)
    word = form.choice("answer", ("safe", "need_help"))
    if not form.sound:
        raise NotFound("People are safe, or they need help.")
    incident = call.path["incident"]
    await call.parts.commands.answer_for(incident, form.text("person"), word, "", call.caller)
    return see(f"/board/{incident}/people?only=silent")


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})


def _see(path: str, summary: str, handler: Handler) -> Route:
    return Route(
        method="GET", path=f"/board/{{incident}}/{path}", right=Right.OPERATE, also=(Right.RESPOND,), summary=summary,
        handler=handler, media="text/html", flags=_PAGE,
    )  # fmt: skip


def _do(path: str, summary: str, handler: Handler, *also: Right) -> Route:
    return Route(
        method="POST", path=f"/board/{{incident}}/{path}", right=Right.OPERATE, also=also, summary=summary,
        handler=handler, media="text/html", limit=ROOM, status=303, flags=_PAGE,
    )  # fmt: skip


ROUTES = (
    _do("task", "Take a task, give it back or finish it.", task, Right.RESPOND),
    _do("take", "Take what the board shows without a task.", take, Right.RESPOND),
    _see("give", "Who is to have a task.", ask_give),
    _do("give", "Give a task to somebody.", give, Right.RESPOND),
    _see("finish", "What saying that it is done means.", ask_finish),
    _do("answer", "Record what was heard of a person.", answer),
)
