"""Speaking over the speakers with one's own voice: by microphone where a browser has one, else by a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from markupsafe import Markup

from notifier.console.pages._board_page import act_page, base_of, look
from notifier.console.pages._board_rows import BAD_PAGE
from notifier.console.pages._upload import read_upload
from notifier.console.pages.board_actions import done, languages_of, speakers_of
from notifier.console.pages.forms import Form, query_text
from notifier.console.pages.rendering import environment, fragment
from notifier.console.route import KILOBYTE, Call, Flag, Route
from notifier.errors import NotifierError
from notifier.model.rights import Right
from notifier.model.sound import LARGEST

LONGEST = 30
"""Seconds that the page records: a page is a sentence or two, and a minute is the most that any output says."""
MICROPHONE = {"Permissions-Policy": "camera=(), geolocation=(), microphone=(self)"}
"""On these pages alone; every other page may not even ask (W3C Permissions Policy)."""


async def ask(call: Call) -> web.Response:
    return await _page(call, Form({"to": [query_text(call, "to")]} if query_text(call, "to") else {}))


async def _page(call: Call, form: Form, status: int = 200) -> web.Response:
    picture = await look(call)
    told = Markup(environment().get_template("board_speak_now.html").render(_told(picture)))  # noqa: S704 our own
    response = await act_page(
        call, "board_speak.html", status=status, form=form, speakers=speakers_of(call), languages=languages_of(call),
        longest=LONGEST, told=told,
    )  # fmt: skip
    response.headers.update(MICROPHONE)
    return response


async def send(call: Call) -> web.Response:
    """A file, from a form without scripts."""
    form, name, sound = await read_upload(call, "sound", LARGEST)
    to = form.choice("to", [value for value, _ in speakers_of(call)], "Choose the speakers.")
    language = form.choice("language", [value for value, _ in languages_of(call)])
    if not name or not sound:
        form.faults.setdefault("sound", "Choose the recording: a WAV file of at most 60 s and 2 MB.")
    if form.sound:
        try:
            await call.parts.commands.page_audio(call.path["incident"], [to], sound, "", language, call.caller)
            return done(await look(call), "spoken")
        except NotifierError as error:
            form.faults["sound"] = str(error)
    return await _page(call, form, 422)


async def now(call: Call) -> web.Response:
    """What is known of the newest words that a person said; nothing of what playbooks say."""
    return fragment(call, "board_speak_now.html", **_told(await look(call)))


def _told(picture: Mapping[str, Any]) -> dict[str, Any]:
    spoken = [page for page in picture["pages"] if str(page["step"]).startswith(LIVE)]
    return {"p": picture, "base": base_of(picture), "page": spoken[-1] if spoken else None, "bad": BAD_PAGE}


LIVE = "_live:"
"""What the step of a page begins with that a person typed or spoke (`Views.incident`, `pages`)."""
_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})
_PATH = "/board/{incident}/speak"

ROUTES = (
    Route(
        method="GET", path=_PATH, right=Right.OPERATE, handler=ask, media="text/html", flags=_PAGE,
        summary="Speak on the speakers with one's own voice.",
    ),
    Route(
        method="POST", path=_PATH, right=Right.OPERATE, handler=send, media="text/html", flags=_PAGE, status=303,
        limit=LARGEST + 16 * KILOBYTE, summary="Say a recording on the speakers.",
    ),
    Route(
        method="GET", path=f"{_PATH}/now", right=Right.OPERATE, handler=now, media="text/html", flags=_PAGE,
        summary="What the speakers report of what was said last.",
    ),
)  # fmt: skip
