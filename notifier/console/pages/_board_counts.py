"""The counts of a board: what is proven of how many, in words, with a bar. Words only."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from notifier.console.pages.rendering import clock


@dataclass(frozen=True, slots=True)
class Count:
    id: str
    icon: str
    number: int
    total: int | None
    words: str
    wrong: Sequence[tuple[str, str, str]] = ()
    """What is not well: tone, words, address of its list."""
    parts: Sequence[tuple[str, int]] = ()
    """Of the bar: kind and number."""


def counts(picture: Mapping[str, Any]) -> list[Count]:
    base = f"/board/{picture['id']}"
    found = [*_doors(picture, base), *_rooms(picture, base), *_people(picture, base), *_speakers(picture, base)]
    return [*found, *_deliveries(picture, base), *_outside(picture)]


def _doors(picture: Mapping[str, Any], base: str) -> list[Count]:
    doors = picture["doors"]
    if not doors["commanded"]:
        return []
    moving = sum(door["pending"] for door in picture["doors_not_secured"])
    not_ = doors["not_secured"] - moving
    wrong = [("real", f"{not_} NOT", f"{base}/doors")] if not_ else []
    words = "doors secured" + (f" · {moving} moving" if moving else "")
    parts = [("good", doors["secured"]), ("sent", moving), ("real", not_)]
    return [Count("count-doors", "secured", doors["secured"], doors["commanded"], words, wrong, parts)]


def _rooms(picture: Mapping[str, Any], base: str) -> list[Count]:
    rooms = [room for room in picture["room_items"] if room["occupied"]]
    if not rooms or not picture["asks"]:
        return []
    released = sum(room["state"] == "released" for room in rooms)
    help_ = sum(room["state"] == "need_help" for room in rooms)
    safe = sum(room["state"] in {"secured", "released"} for room in rooms)
    silent = len(rooms) - safe - help_
    wrong = [("real", f"{help_:,} help", f"{base}/rooms?only=help")] if help_ else []
    wrong += [("fault", f"{silent:,} no answer", f"{base}/rooms?only=silent")] if silent else []
    if picture["state"] in {"releasing", "closing", "closed"}:
        parts = [("good", released), ("real", help_), ("rest", len(rooms) - released - help_)]
        return [Count("count-rooms", "released", released, len(rooms), "rooms released", wrong[: help_ and 1], parts)]
    parts = [("good", safe), ("fault", silent), ("real", help_)]
    return [Count("count-rooms", "room", safe, len(rooms), "rooms safe", wrong, parts)]


def _people(picture: Mapping[str, Any], base: str) -> list[Count]:
    total, rooms = picture["on_site"], picture["rooms"]
    if not total or not picture["asks"]:
        return []
    help_ = rooms["people_need_help"]
    safe = max(min(rooms["answered"], total) - help_, 0)
    rest = max(total - safe - help_, 0)
    wrong = [("real", f"{help_:,} help", f"{base}/people?only=help")] if help_ else []
    wrong += [("fault", f"{rest:,} no answer", f"{base}/people?only=silent")] if rest else []
    return [
        Count("count-people", "person", safe, total, "people here safe", wrong,
              [("good", safe), ("fault", rest), ("real", help_)])
    ]  # fmt: skip


def _speakers(picture: Mapping[str, Any], base: str) -> list[Count]:
    latest = {each["id"]: each["state"] for page in picture["pages"] for each in page["speakers"]}
    if not latest:
        return []
    heard = sum(state in {"heard", "playing"} for state in latest.values())
    bad = sum(state in {"failed", "not_playing", "not_heard"} for state in latest.values())
    sent = len(latest) - heard - bad
    wrong = [("fault", f"{bad} NOT", f"{base}/speakers")] if bad else []
    wrong += [("fault", f"{sent} sent only", f"{base}/speakers")] if sent else []
    parts = [("good", heard), ("sent", sent), ("fault", bad)]
    return [Count("count-speakers", "speaker", heard, len(latest), "speakers heard or playing", wrong, parts)]


def _deliveries(picture: Mapping[str, Any], base: str) -> list[Count]:
    """All ways together, as one glance takes them in; the list behind it tells them apart. What needed no sending
    any more (answered, recalled, too late) is not counted.
    """
    states = summed(picture["deliveries"].values())
    delivered, sent = states.get("delivered", 0) + states.get("read", 0), states.get("sent", 0)
    failed, unknown = states.get("failed", 0), states.get("unknown", 0)
    waiting = states.get("queued", 0) + states.get("sending", 0)
    total = delivered + sent + failed + unknown + waiting
    if not total:
        return []
    words = "messages delivered" + (f" · {sent:,} sent" if sent else "")
    words += f" · {waiting:,} waiting" if waiting else ""
    wrong = [("fault", f"{failed:,} failed", f"{base}/deliveries?state=failed")] if failed else []
    wrong += [("fault", f"{unknown:,} not known", f"{base}/deliveries?state=unknown")] if unknown else []
    parts = [("good", delivered), ("sent", sent), ("rest", waiting), ("fault", failed + unknown)]
    return [Count("count-messages", "message", delivered, total, words, wrong, parts)]


def summed(counted: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    """Counts by state, of several ways together."""
    found: Counter[str] = Counter()
    for states in counted:
        found.update(states)
    return found


def _outside(picture: Mapping[str, Any]) -> list[Count]:
    asked = [step for step in picture["steps"] if step["state"] == "waiting" and step["approval"] == "asked"]
    if not picture["outside_paused"] and not asked:
        return []
    wait = "step waits" if len(asked) == 1 else "steps wait"
    words = "outside messages pause" if picture["outside_paused"] else f"{wait} for approval"
    number = len(asked)
    if picture["outside_paused"]:
        waiting = sum(states.get("queued", 0) for states in picture["deliveries"].values())
        return [Count("count-outside", "clock", waiting, None, words, [], [("rest", max(waiting, 1))])]
    return [Count("count-outside", "clock", number, None, words, [], [("rest", number)])]


# ------------------------------------------------------------------------------------------------------- what happened

ICONS = {
    "incident_opened": "lockdown", "incident_joined": "place", "incident_upgraded": "lockdown", "pressed": "place",
    "incident_moved": "flag", "late_press": "clock", "mistake_claimed": "flag", "not_secured": "unsecured",
    "door_alarm": "unsecured", "door_read": "secured", "command_over": "secured", "commanded": "moving",
    "door_opened": "released_door", "page_started": "speaker", "page_over": "speaker", "page_spoken": "speaker",
    "page_confirmed": "speaker", "page_stopped": "silent", "deliveries_stopped": "recalled", "answered": "safe",
    "unreadable": "message", "escalated": "arrow", "approval_asked": "clock", "approval_decided": "flag",
    "outside_paused": "clock", "outside_resumed": "arrow", "room_released": "released", "hand_off": "call",
    "command_taken": "flag", "note": "message", "message_typed": "message", "task_opened": "mend_now",
    "task_moved": "person", "recalled": "recalled", "fire_alarm": "strobe", "stay_or_go": "strobe",
    "step_waits": "clock", "trouble_raised": "mend_now",
}  # fmt: skip
QUIET = frozenset({"command_over", "door_read", "commanded", "step_waits"})
"""Left out of the few lines beside the board, unless a person is behind them; the page of the timeline has all."""
LONGEST = 140
"""Characters of a line beside the board; one that names thirty rooms would push all others away."""


@dataclass(frozen=True, slots=True)
class Happened:
    id: str
    at: str
    icon: str
    text: str
    real: bool


def happened(event: Mapping[str, Any], zone: tzinfo, action: str = "other") -> Happened:
    kind, data = event["kind"], event["data"]
    icon = ICONS.get(kind, "other")
    if kind == "incident_opened":
        icon = action
    if kind == "answered":
        icon = {"need_help": "need_help", "taking_it": "taking_it"}.get(str(data.get("answer")), "safe")
    if kind in {"door_read", "command_over"} and data.get("lock") not in {None, "secured"}:
        icon = "unsecured"
    text = str(event["text"]).replace("(by by ", "(by ")
    if kind == "answered" and data.get("answer") == "need_help":
        text = text.replace("need help", "NEEDS HELP")
    real = icon in {"need_help", "unsecured"}
    return Happened(f"e-{event['cursor'].replace(':', '-')}", clock(event["wall"], zone), icon, text, real)


def newest(picture: Mapping[str, Any], zone: tzinfo, limit: int) -> list[Happened]:
    loud = [
        event
        for event in picture["newest"]
        if event["kind"] not in QUIET or "by" in event["data"] or event["data"].get("obeyed") is False
    ]
    said = [happened(event, zone, picture["action"]) for event in loud[:limit]]
    return [replace(one, text=textwrap.shorten(one.text, LONGEST, placeholder=" …")) for one in said]
