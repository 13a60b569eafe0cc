"""The board of an incident: what is wrong first, with the next step beside it; then all that is known."""

from __future__ import annotations

import re
from dataclasses import replace

from aiohttp import web
from markupsafe import Markup

from notifier.console.pages._board_counts import counts
from notifier.console.pages._board_desk import boards
from notifier.console.pages._board_map import places
from notifier.console.pages._board_page import (
    base_of,
    context,
    drawn_wall,
    heard_outside,
    look,
    mark,
    pieces_now,
    rows_of,
    running,
    seconds,
)
from notifier.console.pages._board_rows import Need
from notifier.console.pages._board_wall_map import label_of, wrong_of
from notifier.console.pages.forms import query_text, see
from notifier.console.pages.rendering import MOST_INCIDENTS, html, incidents_now, page, plural, zone_of
from notifier.console.route import Call, Flag, Handler, Route
from notifier.model.incident import IncidentState
from notifier.model.rights import Right

ON_WALL = 5
"""Rows of the wall display; a sixth line says how many more there are."""
TAGS = 8
"""Rooms and doors that are named beside its counts where no plan is published, the worst."""
_NUMBER = re.compile(r"^Door (\w*\d\w*)\b")
DONE = {
    "message": "The message is queued.", "not_sent": "The message does not leave.",
    "message_waits": "People outside get it when a second person has read it. Everybody else’s is queued.",
    "page": "The words are handed to the speakers. Sent is not heard.",
    "spoken": "The recording is handed to the speakers. Sent is not heard.",
    "note": "Noted.", "given": "Given.", "taken": "You have it.", "finished": "Recorded as done.",
    "lock": "Told to lock again. What it reads stands here.", "released": "Recorded as released. No lock was told.",
    "paused": "Outside messages pause. Police, doors and speakers go on.", "resumed": "Outside messages go on.",
    "command": "Recorded who is in command.", "outside": "Recorded.", "approved": "Approved.", "late": "Decided.",
    "refused": "Not approved. It is skipped.", "stay": "The page for stay is handed to the speakers.",
    "go": "The evacuation has begun.", "go_page": "The page for go is handed to the speakers.",
    "door": "Recorded what you saw.", "asked": "Asked. A second person decides.",
    "ended": "Recorded. It is ending.",
}  # fmt: skip
"""What was just done, by the word in the address: said where the person looks next, never in a message that goes."""


async def start(call: Call) -> web.Response:
    # A page that waits looks again by itself; somebody who comes asks, and sees a silent alarm too.
    now = incidents_now(call, silent=not query_text(call, "waits"))
    if now is not None:
        return see(base_of(now))
    newest = call.parts.views.incidents(open_only=False, limit=MOST_INCIDENTS, after=None)["items"]
    last = next((one for one in newest if one["state"] == IncidentState.CLOSED), None)
    return page(call, "board_none.html", last=last)


async def show(call: Call) -> web.Response:
    picture, version, pieces = await pieces_now(call, call.path["incident"], wait=False)
    written = {piece.id: Markup(piece.whole) for piece in pieces}  # noqa: S704 rendered by our own templates
    return html(
        "board.html", **{**context(call, picture), "pieces": written, "mark": mark(picture["id"], version),
        "did": DONE.get(query_text(call, "did"), "")},
    )  # fmt: skip


async def patch(call: Call) -> web.Response:
    """The pieces that differ from what the screen shows; nothing if it shows all of it."""
    had = query_text(call, "v")
    picture, version, pieces = await pieces_now(call, call.path["incident"], wait=True)
    if had == version:
        return web.Response(text="", content_type="text/html")
    changed = "".join(piece.whole for piece in boards(call).changed(had, pieces))
    return web.Response(text=f"{changed}{mark(picture['id'], version)}", content_type="text/html")


async def needs_page(call: Call) -> web.Response:
    picture = await look(call)
    return html("board_needs.html", **{**context(call, picture), "rows": rows_of(call, picture)})


async def wall(call: Call) -> web.Response:
    """For a screen on a wall: no controls, no free text, nobody's name but who has it."""
    asked, now = query_text(call, "i"), incidents_now(call)
    if not asked and now is None:
        return page(call, "board_wall_none.html")
    kept = await boards(call).look(asked or str((now or {})["id"]), wait=bool(query_text(call, "part")))
    picture, zone = kept.value, zone_of(call.parts.views.site())
    # Whoever was forced to end it may stand before the wall together with who forces them.
    rows = rows_of(call, {**picture, "tasks": [one for one in picture["tasks"] if one["kind"] != "call_district"]})
    rooms, doors = places(picture)
    wrong = wrong_of(rooms, doors)
    silent = sum(room.look == "silent" for room in rooms)
    age = call.parts.clock.wall().timestamp() - seconds(picture["began"])
    return html(
        "board_wall.html", **{**context(call, picture), "rows": [_called(row) for row in rows[:ON_WALL]],
        "more": len(rows) - ON_WALL, "counts": counts(picture)[:3], "hand": heard_outside(picture, zone),
        "wrong": [(one, label_of(one.name)) for one in wrong[:TAGS]], "more_wrong": max(len(wrong) - TAGS, 0),
        "silent": f"{plural(silent, 'room')}: no answer" if silent else "",
        "running": running(age), "asked": asked, "plan": drawn_wall(call, picture, rooms, doors)},
    )  # fmt: skip


def _called(row: Need) -> Need:
    """D10 for "Door 10": what a row has room for across a hall is its name and that it is NOT SECURED."""
    return replace(row, subject=_NUMBER.sub(r"D\1", row.subject))


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})


def _see(path: str, summary: str, handler: Handler) -> Route:
    return Route(
        method="GET", path=path, right=Right.VIEW, summary=summary, handler=handler, media="text/html", flags=_PAGE
    )


ROUTES = (
    _see("/board", "To the board of what runs now.", start),
    _see("/board/wall", "The board for a screen on a wall.", wall),
    _see("/board/{incident}", "The board of one incident.", show),
    _see("/board/{incident}/patch", "Parts of a board that have changed.", patch),
    _see("/board/{incident}/needs", "Everything that needs somebody.", needs_page),
)
