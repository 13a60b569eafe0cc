"""The lists behind a board, fifty rows a page, as plain HTML: doors, rooms, people, speakers, messages, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from notifier.console.pages._board_counts import happened, summed
from notifier.console.pages._board_map import places
from notifier.console.pages._board_page import act_page, base_of, look
from notifier.console.pages._press_words import CHANNELS
from notifier.console.pages.forms import query_text
from notifier.console.pages.rendering import page, plural, zone_of
from notifier.console.problems import BadRequest
from notifier.console.route import Call, Flag, Handler, Route
from notifier.model.delivery import DeliveryState
from notifier.model.rights import Right

PAGE = 50
STATES = {
    "queued": ("waiting", "Waiting"), "sending": ("sending", "Sending"), "sent": ("sent", "Sent"),
    "delivered": ("delivered", "Delivered"), "read": ("read", "Read"), "failed": ("failed", "Failed"),
    "unknown": ("not_known", "Not known, we are asking"), "recalled": ("recalled", "Recalled"),
    "expired": ("recalled", "Too late, not sent"), "moot": ("recalled", "Not needed any more"),
}  # fmt: skip
ANSWERS = {
    "safe": ("safe", "Safe"), "need_help": ("need_help", "NEEDS HELP"), "taking_it": ("taking_it", "Taking it"),
}  # fmt: skip
FILTERS: Mapping[str, str] = {"help": "need_help", "safe": "safe"}
"""By the word in the address: the answer that is looked for. `silent` looks at each person instead."""
MOST_LOOKED_AT = 20_000
"""People that `silent` goes through for one page of it; beyond, the list without a filter."""


async def doors(call: Call) -> web.Response:
    picture = await look(call)
    drawn = {place.id: place for place in places(picture)[1]}
    rows = [{**door, "place": drawn[door["id"]]} for door in picture["door_items"]]
    return await _list(call, "doors", rows)


async def rooms(call: Call) -> web.Response:
    picture, only = await look(call), query_text(call, "only")
    drawn = {place.id: place for place in places(picture)[0]}
    zones = {zone["id"]: zone["name"] for zone in call.parts.views.site()["zones"]}
    rows = [
        {**room, "place": drawn[room["id"]], "zone_name": zones.get(room["zone"], room["zone"])}
        for room in picture["room_items"]
        if not only or (room["state"] == "need_help" if only == "help" else room["silent"])
    ]
    return await _list(call, "rooms", rows, only=only)


async def _list(call: Call, name: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> web.Response:
    """A list that the picture holds whole; pages are counted."""
    written = query_text(call, "n")
    start = int(written) if written.isascii() and written.isdigit() and len(written) < 6 else 0
    query = {key: value for key, value in more.items() if value}
    following = f"?{urlencode({**query, 'n': start + PAGE})}" if start + PAGE < len(rows) else ""
    return await act_page(
        call, f"board_{name}.html", rows=rows[start : start + PAGE], following=following, total=len(rows), **more
    )


async def people(call: Call) -> web.Response:
    """By id, who needs help before all others; with a filter, the next fifty that fit."""
    picture, only, after = await look(call), query_text(call, "only"), query_text(call, "after") or None
    if only == "silent":
        found, after = _silent(call, picture["id"], after)
    else:
        read, first = call.parts.views.people, after is None
        got = read(picture["id"], limit=PAGE, after=after, answer=FILTERS.get(only))
        found, after = list(got["items"]), got["next"]
        if first and not only:
            worst = read(picture["id"], limit=PAGE, after=None, answer="need_help")["items"]
            found = [*worst, *(one for one in found if one["answer"] != "need_help")]
    rooms_of = {room["id"]: room["name"] for room in picture["room_items"]}
    following = f"?{urlencode({'only': only, 'after': after})}" if after else ""
    return await act_page(
        call, "board_people.html", rows=found, following=following, only=only, answers=ANSWERS, room_names=rooms_of
    )


def _silent(call: Call, incident: str, after: str | None) -> tuple[list[Mapping[str, Any]], str | None]:
    """The next fifty who are here and have not answered, and after whom to go on."""
    found: list[Mapping[str, Any]] = []
    seen = 0
    while seen < MOST_LOOKED_AT:
        got = call.parts.views.people(incident, limit=2000, after=after)
        for one in got["items"]:
            seen, after = seen + 1, one["id"]
            if one["answer"] is None and one["on_site"]:
                found.append(one)
            if len(found) == PAGE:
                return found, None if got["next"] is None and one is got["items"][-1] else after
        if got["next"] is None:
            return found, None
    return found, after


async def speakers(call: Call) -> web.Response:
    picture = await look(call)
    latest: dict[str, Mapping[str, Any]] = {}
    for one in picture["pages"]:
        latest |= {each["id"]: each for each in one["speakers"]}
    zones = {zone["id"]: zone["name"] for zone in call.parts.views.site()["zones"]}
    rows = [
        {**one, "zone_name": zones.get(one["zone"], one["zone"]), "said": latest.get(one["id"])}
        for one in call.parts.views.state("speakers")["items"]
    ]
    bad = {"failed", "not_playing", "not_heard"}
    rows.sort(key=lambda one: (one["said"] is None, (one["said"] or {}).get("state") not in bad, one["name"]))
    return await _list(call, "speakers", rows)


async def deliveries(call: Call) -> web.Response:
    picture, state, after = await look(call), query_text(call, "state"), query_text(call, "after") or None
    if state not in {"", *DeliveryState}:
        raise BadRequest(404, "Messages have no such state; choose one of those on the page.")
    got = call.parts.views.deliveries(picture["id"], state=state or None, limit=PAGE, after=after)
    following = f"?{urlencode({'state': state, 'after': got['next']})}" if got["next"] else ""
    by_kind = {
        CHANNELS.get(kind, kind): [(shown[1], number) for one, shown in STATES.items() if (number := states.get(one))]
        for kind, states in sorted(picture["deliveries"].items())
    }
    return await act_page(
        call, "board_deliveries.html", rows=got["items"], following=following, state=state, states=STATES,
        totals=summed(picture["deliveries"].values()), channels=CHANNELS, by_kind=by_kind,
    )  # fmt: skip


async def timeline(call: Call) -> web.Response:
    """Newest first, as the board has it; each with its time to the second. What is older stands behind a link."""
    picture, before = await look(call), query_text(call, "before") or None
    got = call.parts.views.timeline_back(picture["id"], limit=PAGE, before=before)
    zone = zone_of(call.parts.views.site())
    rows = [happened(event, zone, picture["action"]) for event in got["items"]]
    following = f"?{urlencode({'before': got['next']})}" if got["next"] else ""
    return await act_page(call, "board_timeline.html", rows=rows, following=following, first_page=before is None)


async def incidents(call: Call) -> web.Response:
    got = call.parts.views.incidents(open_only=False, limit=PAGE, after=query_text(call, "after") or None)
    following = f"?{urlencode({'after': got['next']})}" if got["next"] else ""
    rows = [{**one, "base": base_of(one)} for one in got["items"]]
    return page(call, "board_incidents.html", rows=rows, following=following, said=plural(len(rows), "incident"))


_PAGE = frozenset({Flag.PAGE, Flag.LENIENT})


def _see(path: str, summary: str, handler: Handler, *flags: Flag) -> Route:
    return Route(
        method="GET", path=path, right=Right.VIEW, summary=summary, handler=handler, media="text/html",
        flags=_PAGE | {*flags},
    )  # fmt: skip


ROUTES = (
    _see("/incidents", "Every incident, the newest first.", incidents),
    _see("/board/{incident}/doors", "The doors of an incident.", doors),
    _see("/board/{incident}/rooms", "Its rooms.", rooms),
    _see("/board/{incident}/people", "Its people and what they answered.", people, Flag.PERSONAL),
    _see("/board/{incident}/speakers", "Its speakers, and who says what of them.", speakers),
    _see("/board/{incident}/deliveries", "Its messages.", deliveries, Flag.PERSONAL),
    _see("/board/{incident}/timeline", "All that happened.", timeline),
)
