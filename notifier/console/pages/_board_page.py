"""A board's pieces and what every page of an incident is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from aiohttp import web
from markupsafe import Markup

from notifier.console.callers import device_of
from notifier.console.foreign_words import escaped
from notifier.console.pages._board_counts import counts, newest
from notifier.console.pages._board_desk import Piece, boards, rights_of
from notifier.console.pages._board_map import Place, places, plan, schematic, sentence
from notifier.console.pages._board_rows import Need, needs
from notifier.console.pages._board_wall_map import wall_map
from notifier.console.pages.rendering import (
    MOST_INCIDENTS,
    STREAM_KINDS,
    clock,
    desk_context,
    environment,
    html,
    zone_of,
)
from notifier.console.route import Call
from notifier.model.incident import Action

SHOWN = 12
"""Rows that a board and lines that its timeline show; the rest is behind a link."""
LINES = 9


def seconds(wall: object) -> float:
    """ISO 8601 to seconds since 1970; 0 for none."""
    try:
        return datetime.fromisoformat(str(wall)).timestamp()
    except ValueError:
        return 0.0


def running(age: float) -> str:
    whole = max(int(age), 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes:02}:{whole % 60:02}"


def base_of(picture: Mapping[str, Any]) -> str:
    return f"/board/{picture['id']}"


def script_words(site: Mapping[str, Any], picture: Mapping[str, Any]) -> str:
    """What to say to 911."""
    where = f", {site['address']}" if site["address"] else ""
    come = f" Come to {site['entrance']}." if site["entrance"] else ""
    zone = f", {picture['zone_name']}" if picture["zone_name"] else ""
    return f"{str(picture['action']).capitalize()} at {site['name']}{where}{zone}.{come}"


def heard_outside(picture: Mapping[str, Any], zone: tzinfo) -> str:
    """When dispatch moved last, as far as the newest events tell."""
    moved = next((event for event in picture["newest"] if event["kind"] == "hand_off"), None)
    return clock(moved["wall"], zone) if moved else ""


def rows_of(call: Call, picture: Mapping[str, Any]) -> list[Need]:
    site = call.parts.views.site()
    zones = {each["id"]: each["name"] for each in site["zones"]}
    now, raised = call.parts.clock.wall().timestamp(), seconds(picture["began"])
    return needs(picture, zone_of(site), now, raised, zones)


def pieces_of(call: Call, picture: Mapping[str, Any], rights: frozenset[str]) -> list[Piece]:
    site = call.parts.views.site()
    zone, base = zone_of(site), base_of(picture)
    made: Any = environment().get_template("board_pieces.html").module
    rows = rows_of(call, picture)
    where = picture["zone_name"]
    shown = rows[:SHOWN]
    more = f'<li class="more"><a href="{base}/needs">and {len(rows) - SHOWN} more</a></li>' if len(rows) > SHOWN else ""
    script, hand = script_words(site, picture), heard_outside(picture, zone)
    now = call.parts.clock.wall().isoformat()
    others = [
        one
        for one in call.parts.views.incidents(open_only=True, limit=MOST_INCIDENTS, after=None)["items"]
        if one["id"] != picture["id"]
    ]
    lines = newest(picture, zone, LINES)
    return [
        Piece("band", str(made.band(picture, site, zone, picture["began"], where))),
        Piece("facts", str(made.facts(picture, site, zone, rights, base, script, hand, others))),
        Piece("needs-head", str(made.needs_head(rows, zone, now if not rows else None))),
        Piece(
            "needs", '<ol id="needs" class="needs" data-still>',
            [Piece(row.id, str(made.need(row, zone, rights))) for row in shown], f"{more}</ol>",
        ),
        Piece(
            "counts", '<div id="counts" class="counts">',
            [Piece(one.id, str(made.count(one))) for one in counts(picture)], "</div>",
        ),
        Piece("happened", LOG + "".join(str(made.happened(one)) for one in lines) + "</ol></div>"),
        Piece("map-words", f'<p id="map-words" class="hidden-words">{escaped(sentence(*places(picture)))}</p>'),
        map_of(call, picture, site),
        Piece("acts", str(made.acts(picture, rights, base))),
    ]  # fmt: skip


def map_of(call: Call, picture: Mapping[str, Any], site: Mapping[str, Any]) -> Piece:
    rooms, doors = places(picture)
    if drawn := drawn_plan(call, picture, rooms, doors):
        return Piece("map", f'<figure id="map" class="map">{drawn}{LEGEND}</figure>')
    high, fixed, shapes = schematic(site["zones"], rooms, doors)
    if not shapes:
        return Piece("map", '<figure id="map" class="map" hidden></figure>')
    box = f'viewBox="0 0 872 {high}" role="img" aria-labelledby="map-words"'
    start = f'<figure id="map" class="map"><svg class="schema" {box}>'
    end = "".join(fixed) + f"</svg>{LEGEND}</figure>"
    return Piece("map", start, [Piece(name, drawn) for name, drawn in shapes], end)


def drawn_plan(call: Call, picture: Mapping[str, Any], rooms: Sequence[Place], doors: Sequence[Place]) -> Markup:
    """The site's own floors, the one with the most that is wrong first; empty if it has published none.

    Kept until a place looks otherwise: a plan of a megabyte takes a tenth of a second, and every screen asks for it.
    """

    def draw() -> Markup:
        found = [plan(text, rooms, doors, f"plan-{n}") for n, text in enumerate(_plans(call, picture))]
        found.sort(key=lambda drawn: -sum(drawn.count(f'class="place {look}"') for look in ("real", "mine", "unknown")))
        return Markup("".join(found))  # noqa: S704 of plain shapes, written by us

    return _kept_while(call, ("plan drawn", picture["publication"]), (tuple(rooms), tuple(doors)), draw)


def drawn_wall(call: Call, picture: Mapping[str, Any], rooms: Sequence[Place], doors: Sequence[Place]) -> Markup:
    """The worst floor with its labels, for a wall display; empty if the site has published none."""
    key, stand = ("wall drawn", picture["publication"]), (tuple(rooms), tuple(doors))
    return _kept_while(call, key, stand, lambda: wall_map(_plans(call, picture), rooms, doors))


def _kept_while(call: Call, key: object, stand: object, draw: Callable[[], Markup]) -> Markup:
    known: tuple[object, Markup] | None = call.parts.kept.get(key)
    if known is None or known[0] != stand:
        known = call.parts.kept[key] = stand, draw()
    return known[1]


LOG = '<div id="happened" role="log" aria-live="off" aria-label="What happened"><ol class="happened">'
LEGEND = (
    '<figcaption class="legend"><span class="key real">needs help / not secured</span>'
    '<span class="key unknown">lock not known</span><span class="key silent">no answer</span>'
    '<span class="key safe">safe / secured</span><span class="key empty">empty now</span></figcaption>'
)


def _plans(call: Call, picture: Mapping[str, Any]) -> Sequence[str]:
    """The floor plans of the publication that the incident runs on."""
    kept, key = call.parts.kept, ("floors", picture["publication"])
    if key not in kept:
        files = call.parts.views.published_files(picture["publication"])["files"]
        kept[key] = [text for path, text in sorted(files.items()) if path.startswith("floors/")]
    found: Sequence[str] = kept[key]
    return found


def context(call: Call, picture: Mapping[str, Any]) -> dict[str, Any]:
    """For every page of an incident: its band stands on top of each."""
    site = call.parts.views.site()
    rights = rights_of(call.caller, call.parts.site)
    started, now = seconds(picture["began"]), call.parts.clock.wall()
    desk = {key: value for key, value in desk_context(call).items() if key != "now"}
    return {
        **desk, "p": picture, "base": base_of(picture), "rights": rights, "started": picture["began"],
        "running": running(now.timestamp() - started), "where": picture["zone_name"], "site": site,
        "inside": silent_here(call, picture), "now_wall": now.isoformat(), "stream_kinds": STREAM_KINDS,
    }  # fmt: skip


def silent_here(call: Call, picture: Mapping[str, Any]) -> bool:
    """No screen sounds for a silent alarm, nor one that is enrolled inside the site in a lockdown."""
    if not picture.get("audible", True):
        return True
    return picture["action"] == Action.LOCKDOWN and device_of(call.request, call.parts.accounts) is not None


async def look(call: Call, *, wait: bool = False) -> Mapping[str, Any]:
    """The picture of the incident in the path. Raises NotFound."""
    return (await boards(call).look(call.path["incident"], wait=wait)).value


async def pieces_now(call: Call, incident: str, *, wait: bool) -> tuple[Mapping[str, Any], str, Sequence[Piece]]:
    desk = boards(call)
    kept = await desk.look(incident, wait=wait)
    rights = rights_of(call.caller, call.parts.site)
    version, pieces = desk.pieces(kept, rights, lambda: pieces_of(call, kept.value, rights))
    return kept.value, version, pieces


def mark(incident: str, version: str) -> Markup:
    """What the screen shows; `live.js` asks its address for what has changed since."""
    return Markup('<span id="mark" hidden data-fragment="/board/{}/patch?v={}"></span>').format(incident, version)


async def act_page(call: Call, template: str, *, status: int = 200, **more: Any) -> web.Response:
    picture = await look(call)
    return html(template, status, **{**context(call, picture), **more})
