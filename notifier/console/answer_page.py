"""The page behind a link in a message: one person, one incident, one tap. Works without scripts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from aiohttp import web

from notifier.console.answer_words import ACTIONS, DIRECTIVES, LANGUAGES, WORDS
from notifier.console.assets import static
from notifier.console.foreign_words import among_ours, as_typed, kept
from notifier.console.problems import BadRequest, Explained
from notifier.console.reading import read_body
from notifier.console.route import Call
from notifier.errors import IllegalMove, LedgerError, Refused
from notifier.model.words import text_in

if TYPE_CHECKING:
    import jinja2

TEXT_LIMIT = 1000  # characters; the rest of a longer text is left aside, the answer never
DARK_ACTIONS = ("lockdown", "secure", "hold", "medical", "other")
"""Inside, a white screen gives people away; evacuate and shelter follow the phone (DESIGN 5)."""
NOT_ME, NEED_HELP = "not_me", "need_help"


async def show(call: Call) -> web.Response:
    """Shows; acknowledges nothing, however often phones and previews open it."""
    picture = call.parts.views.answer_page(call.path["token"])
    language = _language(call, picture)
    if picture.get("waiting"):
        return _waiting(200, language)
    page = "not_me" if call.request.rel_url.query.get("show") == NOT_ME else "answer"
    return _html(200, page, picture_words(picture, language, call.path["token"]))


async def answer(call: Call) -> web.Response:
    token = call.path["token"]
    picture = call.parts.views.answer_page(token)
    language = _language(call, picture)
    if picture.get("waiting"):
        return _waiting(409, language)
    try:
        said = parse_qs((await read_body(call.request, call.route.limit)).decode("utf-8", "replace"))
    except BadRequest:
        said = {}
    chosen, text = said.get("answer", [""])[0], said.get("text", [""])[0].strip()[:TEXT_LIMIT]
    if chosen != NOT_ME and chosen not in picture["answers"]:
        notice = WORDS[language]["choose"]
        return _html(422, "answer", picture_words(picture, language, token, notice=notice, typed=text))
    text = " ".join(kept(text).split())
    wait = call.parts.answers.wait(token, call.parts.clock.now())
    try:
        if not wait:
            await call.parts.commands.answer(token, chosen, text)
        elif chosen != NEED_HELP or not await _first_call(call, token, text):
            picture = call.parts.views.answer_page(token)
            return _too_often(picture, language, token, chosen, text, wait)
    except (LedgerError, Refused, IllegalMove) as error:
        status = error.status if isinstance(error, Refused) else 409 if isinstance(error, IllegalMove) else 503
        words = WORDS[language]
        notice = f"{words['not_recorded']}. {words['try_again']}"
        return _html(status, "answer", picture_words(picture, language, token, notice=notice, typed=text))
    return _html(200, "answer", picture_words(call.parts.views.answer_page(token), language, token))


async def _first_call(call: Call, token: str, text: str) -> bool:
    """Record a call for help beside the pace, unless one of this link stands already: only then may it wait."""
    async with call.parts.answers.beside:  # one after the other: a hundred at once are one first call
        picture = call.parts.views.answer_page(token)
        if picture.get("help_open") and (picture.get("answered") or {}).get("answer") == NEED_HELP:
            return False
        await call.parts.commands.answer(token, NEED_HELP, text)
        return True


def _too_often(
    picture: Mapping[str, Any], language: str, token: str, chosen: str, text: str, wait: float
) -> web.Response:
    """What stands, stands; what is new is not taken now, and the page says so."""
    stands = picture.get("answered") or {}
    if chosen == stands.get("answer") and text in {"", stands.get("text") or ""}:
        return _html(200, "answer", picture_words(picture, language, token))
    seconds = math.ceil(wait)
    notice = WORDS[language]["help_stands" if chosen == NEED_HELP else "too_often"].format(seconds=seconds)
    response = _html(429, "answer", picture_words(picture, language, token, notice=notice, typed=text))
    response.headers["Retry-After"] = str(seconds)
    return response


def in_trouble(told: Explained, request: web.BaseRequest) -> web.Response:
    """What a person sees where a program would get a problem: words, and what to do."""
    language = _offered([request.rel_url.query.get("lang", ""), request.headers.get("Accept-Language", "")[:2]])
    words = WORDS[language]
    if told.status == 404:
        context = {"title": words["dead_title"], "text": words["dead_text"]}
    else:
        context = {"title": words["not_recorded"], "text": words["try_again"]}
    return _html(told.status, "dead", {**context, "w": words, "language": language, "trouble": told.trouble})


def _waiting(status: int, language: str) -> web.Response:
    """A room's card while nothing is open."""
    words = WORDS[language]
    context = {"title": words["waiting_title"], "text": words["waiting_text"], "trouble": ""}
    return _html(status, "dead", {**context, "w": words, "language": language})


def picture_words(
    picture: Mapping[str, Any], language: str, token: str, notice: str = "", typed: str = ""
) -> dict[str, Any]:
    """Everything that the template says, from the view's picture."""
    words = WORDS[language]
    action, drill = str(picture["action"]), bool(picture["drill"])
    zone = _zone(str(picture.get("timezone") or "UTC"))
    answered, taken = picture.get("answered"), picture.get("taken")
    room = picture.get("room")
    directive = dict(picture.get("directive") or {})
    return {
        "w": words,
        "language": language,
        "languages": [(code, LANGUAGES[code], code == language) for code in _choices(picture)],
        "path": f"/r/{token}",
        "drill": drill,
        "look": "drill" if drill else "live dark" if action in DARK_ACTIONS else "live",
        "action": ACTIONS[language].get(action, ACTIONS[language]["other"]),
        "started": _clock(picture.get("started"), zone)[:5],
        "code": str(picture.get("code") or ""),
        "beside": [_named(one, language, zone) for one in picture.get("beside") or ()],
        "push": push_words(str(picture.get("push_key") or ""), f"/r/{token}/push", words),
        "site": picture["site"],
        "name": picture["name"],
        "room": room,
        "card": bool(picture.get("card")),
        "we": bool(room),
        "directive": text_in(directive, language)[1] if directive else DIRECTIVES[language].get(action, ""),
        "answers": _answers(picture["answers"], words, room, inside=action in DARK_ACTIONS),
        "answered": answered and {
            "word": str(answered["answer"]),
            "at": _clock(answered.get("at"), zone),
            "text": answered.get("text") or "",
            "says": _says(str(answered["answer"]), room or picture["name"], words),
        },
        "taken": taken and {"by": taken["by"], "at": _clock(taken.get("at"), zone)},
        "over": bool(picture.get("over")),
        "inside": action == "lockdown",
        "dark": action in DARK_ACTIONS and not drill,
        "notice": notice,
        "typed": typed,
    }  # fmt: skip


def push_words(key: str, to: str, words: Mapping[str, str]) -> dict[str, Any] | None:
    """What `_push.html` says and its script reads; None where nothing writes to browsers."""
    if not key:
        return None
    worker, script = static("push-worker.js"), static("push.js")
    return {"key": key, "to": to, "worker": worker, "script": script, "words": words}


def _named(one: Mapping[str, Any], language: str, zone: tzinfo) -> str:
    """Another open incident, such as "DRILL EVACUATE 10:52 (P2RX)"."""
    words = WORDS[language]
    action = ACTIONS[language].get(str(one["action"]), ACTIONS[language]["other"])
    started = _clock(one.get("started"), zone)[:5]
    return f"{words['drill'] + ' ' if one['drill'] else ''}{action} {started} ({one['code']})"


def _answers(asked: Sequence[str], words: Mapping[str, str], room: str | None, *, inside: bool) -> list[dict[str, str]]:
    alone = "" if room else "_alone"
    more = words["safe_more" if inside else "safe_more_other"]
    known = {
        "safe": (words[f"safe{alone}"], f"{room}: {more}" if room else words["nobody_hurt"]),
        "need_help": (words[f"help{alone}"], words["help_more"]),
        "taking_it": (words["taking_it"], words["taking_it_more"]),
    }
    # Need help stands lowest, nearer the thumb.
    ordered = sorted(asked, key=lambda word: word == "need_help")
    return [
        {"word": word, "title": known[word][0], "more": known[word][1]} if word in known
        else {"word": word, "title": word.replace("_", " ").capitalize(), "more": ""}
        for word in ordered
    ]  # fmt: skip


def _says(word: str, who: str, words: Mapping[str, str]) -> str:
    if word == NOT_ME:
        return words["said_not_me"]
    known = {"safe": words["is_safe"], "need_help": words["needs_help"], "taking_it": words["took_it"]}
    return f"{who} {known.get(word, word.replace('_', ' '))}"


def _choices(picture: Mapping[str, Any]) -> list[str]:
    return [code for code in picture.get("languages") or LANGUAGES if code in LANGUAGES] or list(LANGUAGES)


def _language(call: Call, picture: Mapping[str, Any]) -> str:
    return _offered([call.request.rel_url.query.get("lang", ""), str(picture.get("language") or "")])


def _offered(wanted: Sequence[str]) -> str:
    return next((base for one in wanted if (base := one.partition("-")[0].lower()) in LANGUAGES), "en")


def _clock(wall: object, zone: tzinfo) -> str:
    """An ISO 8601 wall time as people at the site read it, to the second."""
    try:
        return datetime.fromisoformat(str(wall)).astimezone(zone).strftime("%H:%M:%S")
    except ValueError:
        return ""


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return timezone.utc  # noqa: UP017 the same object; a machine without zone data shows UTC


@cache
def templates() -> jinja2.Environment:
    import jinja2  # with the first page, not with the start

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("notifier.console"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, finalize=among_ours,
    )  # fmt: skip
    made.filters["typed"] = as_typed
    return made


def _html(status: int, page: str, context: Mapping[str, Any]) -> web.Response:
    text = templates().get_template(f"{page}.html").render(context)
    return web.Response(status=status, text=text, content_type="text/html")
