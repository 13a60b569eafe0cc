"""The plan on a wall display: labels only on what is wrong, outside the plan, each with a line to its place.

All of it is one picture of a fixed shape, so that no label can run out of the screen; what does not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from markupsafe import Markup, escape

from notifier.console.foreign_words import escaped
from notifier.console.pages._board_map import Place, bare, plan, read_plan
from notifier.console.pages.icons import icons

WIDE, HIGH = 728, 440
"""Pixels on a screen of 1920 × 1080: what the counts leave free."""
BOX, LEAD, GAP, PAD, ICON = 60, 28, 10, 12, 40
FONT = 42
"""The smallest writing that is read from four metres."""
MORE = 54
MOST_SILENT = 4
"""Rooms without an answer that are named; the plan shows more of them, and the counts say how many."""
LETTERS = 15
"""Of a name on a label; whole words of it."""
WRONG = ("real", "mine", "unknown")
_TRANSLATE = re.compile(r"\s*translate\(\s*([-+.\d]+)(?:[\s,]+([-+.\d]+))?\s*\)\s*")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)")
_DOOR = re.compile(r"Door (\w+)(?: .*)?")

Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def label_of(name: str) -> str:
    """As it is called across a hall: D10 for "Door 10 Room 102", 102 for "Room 102", else its first words."""
    if found := _DOOR.fullmatch(name):
        return f"D{found[1]}"
    return shortened(name.removeprefix("Room ") or name, LETTERS)


def shortened(name: str, most: int) -> str:
    """Its first words, never part of one if the first fits."""
    kept, *rest = name.split() or [""]
    for word in rest:
        if len(kept) + 1 + len(word) > most:
            break
        kept = f"{kept} {word}"
    return kept[:most]


def wrong_of(rooms: Sequence[Place], doors: Sequence[Place]) -> list[Place]:
    """Worst first."""
    return [one for look in WRONG for one in (*rooms, *doors) if one.look == look]


def wall_map(texts: Iterable[str], rooms: Sequence[Place], doors: Sequence[Place]) -> Markup:
    """The floor with most that is wrong; empty if there is none that can be read."""
    wrong = wrong_of(rooms, doors)
    floors = [(text, box, found) for text in texts if (box := _view(text)) for found in (boxes(text),)]
    if not floors:
        return Markup()
    text, view, found = max(floors, key=lambda one: sum(place.id in one[2] for place in wrong))
    drawn = plan(text, rooms, doors, "wall-plan")
    silent = [room for room in rooms if room.look == "silent" and room.id in found]
    return Markup(_picture(drawn, view, found, wrong, silent)) if drawn else Markup()  # noqa: S704 ours, escaped


# ---------------------------------------------------------------------------------------------- where the places are


def boxes(text: str) -> Mapping[str, Box]:
    """Where each shape with an id lies, as far as plain numbers tell: turned and scaled ones have no place here."""
    found: dict[str, Box] = {}
    root = read_plan(text)
    for child in root if root is not None else ():
        _box(child, 0.0, 0.0, found)
    return found


def _box(element: ET.Element, x: float, y: float, found: dict[str, Box]) -> Box | None:
    if written := element.get("transform"):
        moved = _TRANSLATE.fullmatch(written)
        if moved is None:
            return None
        x, y = x + float(moved[1]), y + float(moved[2] or 0)
    inside = [box for child in element if (box := _box(child, x, y, found))] if bare(element.tag) == "g" else []
    box = _around(inside) if inside else _shape(element, x, y)
    if box is not None and element.get("id"):
        found[element.get("id", "")] = box
    return box


def _around(inside: Sequence[Box]) -> Box:
    return (
        min(one[0] for one in inside), min(one[1] for one in inside),
        max(one[2] for one in inside), max(one[3] for one in inside),
    )  # fmt: skip


def _shape(element: ET.Element, x: float, y: float) -> Box | None:
    tag = bare(element.tag)
    try:
        if tag == "rect":
            left, top, wide, high = (float(element.get(key, "0")) for key in ("x", "y", "width", "height"))
            return x + left, y + top, x + left + wide, y + top + high
        if tag in {"circle", "ellipse"}:
            across, down = (float(element.get(key, element.get("r", "0"))) for key in ("rx", "ry"))
            left, top = (float(element.get(key, "0")) for key in ("cx", "cy"))
            return x + left - across, y + top - down, x + left + across, y + top + down
        if tag == "line":
            points = [float(element.get(key, "0")) for key in ("x1", "y1", "x2", "y2")]
        elif tag in {"polygon", "polyline"}:
            points = [float(number) for number in _NUMBER.findall(element.get("points", ""))]
        else:
            return None
    except ValueError:
        return None
    xs, ys = points[::2], points[1::2]
    return (x + min(xs), y + min(ys), x + max(xs), y + max(ys)) if ys else None


def _view(text: str) -> Box | None:
    root = read_plan(text)
    numbers = [float(one) for one in _NUMBER.findall(root.get("viewBox", ""))] if root is not None else []
    return (numbers[0], numbers[1], numbers[2], numbers[3]) if len(numbers) == 4 and min(numbers[2:]) > 0 else None


# --------------------------------------------------------------------------------------------------------- the labels


@dataclass(slots=True)
class _Label:
    place: Place
    words: str
    box: Box | None
    """Of its place, on the plan."""
    left: float = 0.0

    @property
    def writing(self) -> int:
        return sum(16 if letter in "1Iil.,' " else 27 for letter in self.words)

    @property
    def wide(self) -> int:
        return self.writing + ICON + 8 + 2 * PAD


def _picture(drawn: str, view: Box, found: Mapping[str, Box], wrong: Sequence[Place], silent: Sequence[Place]) -> str:
    labels = [_Label(one, label_of(one.name), found.get(one.id)) for one in wrong]
    quiet = [_Label(one, label_of(one.name), found.get(one.id)) for one in silent]
    middle = view[1] + view[3] / 2
    top, bottom, more = _sides(labels, middle)
    if not more and len(quiet) <= MOST_SILENT and not _sides([*labels, *quiet], middle)[2]:
        top, bottom, more = _sides([*labels, *quiet], middle)
    over, under = (BOX + LEAD if side else 0 for side in (top, bottom))
    below = MORE if more else 0
    scale = min(WIDE / view[2], (HIGH - over - under - below) / view[3])
    wide, high = view[2] * scale, view[3] * scale
    left = (WIDE - wide) / 2
    at = f'x="{left:.1f}" y="{over}" width="{wide:.1f}" height="{high:.1f}"'
    parts = [drawn.replace('<svg class="plan" ', f'<svg class="plan" {at} ', 1)]
    for side, y, upper in ((top, 0.0, True), (bottom, over + high + LEAD, False)):
        _spread(side, lambda x: left + (x - view[0]) * scale)
        for lead in (True, False):  # no line lies over a label
            for one in side:
                place = one.box and tuple(
                    left + (n - view[0]) * scale if k % 2 == 0 else over + (n - view[1]) * scale
                    for k, n in enumerate(one.box)
                )
                parts.append(_lead(one, y, upper, place) if lead else _written(one, y))
    total = over + high + under + below
    if more:
        words = f"and {len(more)} more"
        parts.append(f'<text class="more" x="0" y="{total - 12:.1f}">{words}</text>')
    return f'<svg class="labelled" viewBox="0 0 {WIDE} {total:.0f}">{"".join(parts)}</svg>'


def _sides(labels: Sequence[_Label], middle: float) -> tuple[list[_Label], list[_Label], list[_Label]]:
    """Above the plan, below it, and for whom there is no room. The nearer side first."""
    sides: tuple[list[_Label], list[_Label]] = ([], [])
    more = []
    for one in labels:
        near = 0 if one.box is None or (one.box[1] + one.box[3]) / 2 <= middle else 1
        for side in (sides[near], sides[1 - near]):
            if sum(other.wide + GAP for other in side) + one.wide <= WIDE:
                side.append(one)
                break
        else:
            more.append(one)
    return *sides, more


def _spread(side: list[_Label], across: Callable[[float], float]) -> None:
    """Each over its place as near as the others allow, in the order of the places: no two lines cross."""
    wished = {id(one): across((one.box[0] + one.box[2]) / 2) if one.box else float(WIDE) for one in side}
    side.sort(key=lambda one: wished[id(one)])
    free = 0.0
    for one in side:
        one.left = max(wished[id(one)] - one.wide / 2, free)
        free = one.left + one.wide + GAP
    end = float(WIDE)
    for one in reversed(side):
        one.left = min(one.left, end - one.wide)
        end = one.left - GAP


def _lead(one: _Label, y: float, upper: bool, place: tuple[float, ...] | None) -> str:
    if place is None:
        return ""
    x = (place[0] + place[2]) / 2
    start = min(max(x, one.left + PAD), one.left + one.wide - PAD)
    begins, ends = (y + BOX, place[1]) if upper else (y, place[3])
    return f'<path class="lead {one.place.look}" d="M{start:.1f} {begins:.1f}L{x:.1f} {ends:.1f}"/>'


def _written(one: _Label, y: float) -> str:
    drawn = (
        f'<svg class="icon" x="{one.left + PAD:.1f}" y="{y + (BOX - ICON) / 2:.1f}" width="{ICON}" height="{ICON}" '
        f'viewBox="0 0 24 24">{icons()[one.place.icon]}</svg>'
    )
    # The width is given: whatever the screen's font, a name stays within its label.
    x, base = one.left + PAD + ICON + 8, y + BOX / 2 + FONT * 0.36
    return (
        f'<g class="label {escape(one.place.look)}"><rect x="{one.left + 2:.1f}" y="{y + 2:.1f}" '
        f'width="{one.wide - 4}" height="{BOX - 4}"/>{drawn}<text x="{x:.1f}" y="{base:.1f}" '
        f'textLength="{one.writing}" lengthAdjust="spacingAndGlyphs">{escaped(one.words)}</text></g>'
    )
