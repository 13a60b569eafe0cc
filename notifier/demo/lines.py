"""The daemon's events as lines in the terminal: when, what is wrong first, in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Item = Mapping[str, Any]
"""One event as `/api/v1/events` gives it."""

UNTOLD = frozenset({
    "deliveries_settled", "deliveries_reported", "timer_fired", "started", "account_changed", "published", "sealed",
    "pressed", "step_started", "clock_stepped", "page_started",
})  # fmt: skip
"""Too many or too small for a story; what becomes of messages is counted on the phones instead."""


def line(after: float, text: str) -> str:
    """`after`: seconds since the press."""
    return f"{after:+6.1f}s  {text}"


def told(item: Item, rooms: Mapping[str, str], doors: Mapping[str, str]) -> str | None:
    """The words for one event, or None. `rooms` and `doors`: id to what people call them."""
    kind, data = str(item.get("kind")), item.get("data", {})
    if kind in UNTOLD:
        return None
    text = str(item.get("text", "")).strip()
    teller = TELLERS.get(kind)
    return teller(data, text, rooms, doors) if teller else text


def _door(data: Item, text: str, _rooms: Mapping[str, str], doors: Mapping[str, str]) -> str | None:
    if "signal" in data:
        return text
    if "door" not in data:
        return None
    name = doors.get(str(data["door"]), str(data["door"])).replace("Door", "DOOR", 1)
    if data.get("proven"):
        return f"{name}  commanded → secured ({data.get('detail')})"
    return f"NOT SECURED YET  {name}  commanded → {data.get('lock')} ({data.get('detail')})"


def _answered(data: Item, text: str, _rooms: Mapping[str, str], _doors: Mapping[str, str]) -> str:
    return f"NEEDS HELP  {text}" if data.get("answer") == "need_help" else text


def _released(data: Item, _text: str, rooms: Mapping[str, str], _doors: Mapping[str, str]) -> str:
    names = ", ".join(rooms.get(room, room) for room in data.get("rooms", ()))
    return f"released: {names} (its people were seen by {data.get('by')}; no lock is touched)"


def _escalated(_data: Item, text: str, _rooms: Mapping[str, str], _doors: Mapping[str, str]) -> str:
    return f"SILENT ROOMS  {text}"


def _trouble(_data: Item, text: str, _rooms: Mapping[str, str], _doors: Mapping[str, str]) -> str:
    return text.replace("Trouble:", "TROUBLE ", 1)


TELLERS: dict[str, Callable[[Item, str, Mapping[str, str], Mapping[str, str]], str | None]] = {
    "command_over": _door,
    "door_read": _door,
    "answered": _answered,
    "room_released": _released,
    "escalated": _escalated,
    "trouble_raised": _trouble,
}


def phones(counts: Mapping[str, int], people: int) -> str:
    """`counts`: kind of message to how many are on phones and in mailboxes."""
    each = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f"messages with people: {each}; {people} people have one"
