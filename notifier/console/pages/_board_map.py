"""The map of a board: the site's own plan if one is published, else zones with their rooms and doors. Shapes only.

A plan is written by people with drawing programs: of it are kept plain shapes, their places and the ids that are rooms
and doors. Scripts, styles, pictures, references and whatever else a file may hold are left out, so that opening a
board never runs or fetches anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from markupsafe import Markup, escape

from notifier.console.foreign_words import escaped
from notifier.console.pages._press_words import joined
from notifier.console.pages.icons import icon, icons
from notifier.console.pages.rendering import plural

WIDE = 872
TILE, HIGH, DOOR_HIGH, GAP, LABEL = 104, 50, 30, 6, 26
MOST = 400
"""Rooms and doors that a map draws; a larger site reads its lists."""
SHAPES = frozenset({"svg", "g", "rect", "path", "polygon", "polyline", "line", "circle", "ellipse", "text", "tspan"})
KEPT = frozenset({
    "x", "y", "x1", "y1", "x2", "y2", "width", "height", "cx", "cy", "r", "rx", "ry", "d", "points", "viewBox",
    "transform", "stroke-width", "text-anchor", "font-size", "dx", "dy",
})  # fmt: skip
DEEPEST = 100
"""Elements in one another; drawing programs need some ten."""
_PLAIN = re.compile(r"[-+0-9a-zA-Z.,()\s%]*")


@dataclass(frozen=True, slots=True)
class Place:
    """A room or a door as it stands."""

    id: str
    name: str
    zone: str
    look: str
    """real, mine (real and somebody has it), unknown, silent, safe, released, empty, locked, moving, plain."""
    icon: str
    says: str


def places(picture: Mapping[str, Any]) -> tuple[list[Place], list[Place]]:
    """Rooms and doors."""
    owned = {task["subject"] for task in picture["tasks"] if task["state"] == "taken"}
    rooms = [_room(room, room["id"] in owned, bool(picture["asks"])) for room in picture["room_items"]]
    doors = [_door(door, door["id"] in owned) for door in picture["door_items"]]
    return sorted(rooms, key=lambda one: (one.zone, one.name)), sorted(doors, key=lambda one: (one.zone, one.name))


def _room(room: Mapping[str, Any], owned: bool, asks: bool) -> Place:
    if room["state"] == "need_help":
        look, symbol, says = ("mine" if owned else "real"), "need_help", "NEEDS HELP"
    elif room["state"] == "released":
        look, symbol, says = "released", "released", "released"
    elif room["state"] == "secured":
        look, symbol, says = "safe", "safe", "safe"
    elif not room["occupied"]:
        look, symbol, says = "empty", "empty", "empty now"
    elif asks:
        look, symbol, says = "silent", "no_answer", "no answer"
    else:
        look, symbol, says = "plain", "", "not asked"
    return Place(room["id"], room["name"], room["zone"], look, symbol, says)


def _door(door: Mapping[str, Any], owned: bool) -> Place:
    if door["lock"] == "secured":
        look, symbol, says = "locked", "secured", "secured"
    elif door["command"] is None:
        look, symbol, says = "plain", "released_door", "not told to lock"
    elif door["command"] in {"queued", "sending"} and door["tries"] < 2:
        look, symbol, says = "plain", "moving", "moving"
    elif door["lock"] == "unknown":
        look, symbol, says = "unknown", "unknown_lock", "NOT SECURED, not known"
    else:
        symbol = "jammed" if door["lock"] == "jammed" else "open" if door["leaf"] == "open" else "unsecured"
        look, says = ("mine" if owned else "real"), f"NOT SECURED, reads {door['lock']}"
    return Place(door["id"], door["title"], door["zone"], look, symbol, says)


def sentence(rooms: Sequence[Place], doors: Sequence[Place]) -> str:
    """What the picture shows, for those who do not see it."""
    open_ = [door.name for door in doors if door.look in {"real", "mine", "unknown"}]
    help_ = [room.name for room in rooms if room.look in {"real", "mine"}]
    silent = [room.name for room in rooms if room.look == "silent"]
    said = [f"{plural(len(open_), 'door')} not secured: {joined(open_)}"] if open_ else []
    said += [f"{joined(help_)} {'needs' if len(help_) == 1 else 'need'} help"] if help_ else []
    said += [f"no answer from {plural(len(silent), 'room')}"] if silent else []
    return "Map. " + ("; ".join(said) or "No door is open and no room needs help") + "."


# ------------------------------------------------------------------------------------------------------ schematic


def schematic(
    zones: Sequence[Mapping[str, Any]], rooms: Sequence[Place], doors: Sequence[Place]
) -> tuple[int, list[str], list[tuple[str, str]]]:
    """Height, what stays, and (id, markup) of each shape that changes: small pictures in the picture, one a place."""
    fixed: list[str] = []
    shapes: list[tuple[str, str]] = []
    y = 0
    across = WIDE // (TILE + GAP)
    if len(rooms) + len(doors) > MOST:
        return 0, [], []
    for zone in zones:
        mine = [room for room in rooms if room.zone == zone["id"]]
        bars = [door for door in doors if door.zone == zone["id"]]
        if not mine and not bars:
            continue
        fixed.append(f'<text class="zone" x="0" y="{y + 18}">{escaped(zone["name"])}</text>')
        y += LABEL
        for group, high in ((mine, HIGH), (bars, DOOR_HIGH)):
            for n, place in enumerate(group):
                x, top = (n % across) * (TILE + GAP), y + (n // across) * (high + GAP)
                shapes.append((f"map-{place.id}", _tile(place, x, top, high)))
            y += -(-len(group) // across) * (high + GAP)
        y += 8
    return y, fixed, shapes


def _tile(place: Place, x: int, y: int, high: int) -> str:
    small = high == DOOR_HIGH
    name = place.name.removeprefix("Door ") if small else place.name
    short = name if len(name) <= (9 if small else 13) else name[: 8 if small else 12] + "…"
    where = 'x="30" y="20"' if small else 'x="52" y="19" text-anchor="middle"'
    drawn = _drawn(place.icon, 6 if small else 42, 5 if small else 25) if place.icon else ""
    edge = 'x="1.5" y="1.5"'
    return (
        f'<svg id="map-{escape(place.id)}" class="place {place.look}{" door" if small else ""}" x="{x}" y="{y}" '
        f'width="{TILE}" height="{high}"><title>{escaped(place.name)}: {escaped(place.says)}</title>'
        f'<rect {edge} width="{TILE - 3}" height="{high - 3}"/><text {where}>{escaped(short)}</text>{drawn}</svg>'
    )


def _drawn(name: str, x: int, y: int) -> str:
    return f'<svg class="icon" x="{x}" y="{y}" width="20" height="20" viewBox="0 0 24 24">{icons()[name]}</svg>'


# ----------------------------------------------------------------------------------------------------------- plan


def plan(text: str, rooms: Sequence[Place], doors: Sequence[Place], name: str) -> str:
    """The site's plan with its rooms and doors as they stand; "" if it cannot be read safely."""
    root = read_plan(text)
    if root is None:
        return ""
    known = {place.id: place for place in (*rooms, *doors)}
    drawn = "".join(_kept(child, known) for child in root)
    box = escape(root.get("viewBox", "") if _PLAIN.fullmatch(root.get("viewBox", "")) else "0 0 100 100")
    said = escaped(sentence(rooms, doors))
    return f'<svg class="plan" id="{escape(name)}" viewBox="{box}" role="img" aria-label="{said}">{drawn}</svg>'


def read_plan(text: str) -> ET.Element | None:
    """Its outermost element, with a `viewBox`; None if it cannot be read safely."""
    try:
        root = ET.fromstring(text, ET.XMLParser(target=_NoDocumentType()))  # noqa: S314 without a type, no entities
    except (ET.ParseError, ValueError):
        return None
    if _depth(root) > DEEPEST or bare(root.tag) != "svg" or not root.get("viewBox"):
        return None
    return root


class _NoDocumentType(ET.TreeBuilder):
    """As the parser meets one, wherever it is hidden: it may declare entities that grow without end."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ET.ParseError("a document type")


def _depth(root: ET.Element) -> int:
    """How deep its elements lie in one another, told without recursion; drawing them recurses."""
    deepest, level = 0, [root]
    while level:
        deepest += 1
        if deepest > DEEPEST:
            break
        level = [child for one in level for child in one]
    return deepest


def bare(tag: object) -> str:
    """Its name without that of its language."""
    return str(tag).rpartition("}")[2]


def _kept(element: ET.Element, known: Mapping[str, Place]) -> str:
    tag = bare(element.tag)
    if tag not in SHAPES:
        return ""
    kept = {key: value for key, value in element.attrib.items() if key in KEPT and _PLAIN.fullmatch(value)}
    place = known.get(element.get("id", ""))
    if place is not None:
        kept["class"] = f"place {place.look}"
    written = "".join(f' {key}="{escape(value)}"' for key, value in kept.items())
    title = f"<title>{escaped(place.name)}: {escaped(place.says)}</title>" if place else ""
    inside = escaped(element.text or "") if tag in {"text", "tspan"} else Markup()
    inside += Markup("").join(Markup(_kept(child, known)) for child in element)  # noqa: S704 built here, escaped
    return f"<{tag}{written}>{title}{inside}</{tag}>" + (_mark(element, place) if place else "")


def _mark(element: ET.Element, place: Place) -> str:
    """The shape beside the colour: below the middle of a room, whose name stands above it; at a door as it is."""
    if place.look in {"plain", "locked", "empty"} or not place.icon:
        return ""
    edge = next((child for child in element if bare(child.tag) == "rect"), element)  # of a group, its rectangle
    try:
        x, y, wide, high = (float(edge.get(key, "")) for key in ("x", "y", "width", "height"))
    except ValueError:
        return ""
    size = max(min(wide * 0.6, high * 0.4, 24), 14)
    left, middle = x + wide / 2 - size / 2, y + high * (0.66 if high > 2 * size else 0.5)
    drawn = str(icon(place.icon, 20, f"mark {place.look}"))
    drawn = drawn.replace("<svg ", f'<svg x="{left:.1f}" y="{middle - size / 2:.1f}" ')
    drawn = re.sub(r'width="20" height="20"', f'width="{size:.1f}" height="{size:.1f}"', drawn, count=1)
    if high > size and wide > size:
        return drawn
    # A door is a stroke in a wall: its sign needs a ground of its own.
    ground = f'x="{left - 3:.1f}" y="{middle - size / 2 - 3:.1f}" width="{size + 6:.1f}" height="{size + 6:.1f}" rx="2"'
    return f'<rect class="sign {place.look}" {ground}/>{drawn}'
