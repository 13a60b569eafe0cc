"""What a drill would do and what became of one, in numbers and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from notifier.console.pages.rendering import people, plural
from notifier.interfaces import Views

MOST_LOOKED_AT = 20_000
"""People whose answers are counted: a drill asks a site's staff, not a district."""
A_PAGE = 1_000
STATES = {
    "raised": "beginning", "active": "running", "releasing": "ending", "closing": "ending: its last words leave",
    "closed": "over",
}  # fmt: skip
"""An incident's states as somebody reads them who leads a school."""
CHANNELS = {"sms": "Text messages", "push": "Push", "web_push": "Push in browsers", "email": "E-mail", "voice": "Calls",
            "chat": "Chat"}  # fmt: skip


def reach_words(plan: Mapping[str, Any], zone: str) -> dict[str, str]:
    """The button's words, and what does not happen; from the same plan that the start will follow."""
    steps = plan["phases"].get("main", [])
    endings = [step for step in plan["phases"].get("all_clear", ()) if "people" in step]
    after = [step["people"] - step.get("left_alone", 0) for step in endings]
    doors = sum(len(step.get("doors") or ()) for step in steps)
    strobes = sum(len(step.get("signals") or ()) for step in steps)
    outside = int(plan["reach"]["outside"])
    reach = people(int(plan["reach"]["people"]))
    return {
        "start": f"Start DRILL {str(plan['action']).upper()}, {zone or 'whole site'}, {reach}",
        "doors": "Doors stay as they are." if not doors else f"{plural(doors, 'door')} will be told to lock.",
        "strobes": "Strobes and signs stay dark." if not strobes else f"{plural(strobes, 'strobe or sign')} come on.",
        "outside": "Nobody outside is told." if not outside else f"{people(outside)} outside are told.",
        "end": f"When you end it, {people(max(after))} are told that it is over." if any(after) else "",
        "waits": "" if not plan["reach"]["waits"] else f"{people(int(plan['reach']['waits']))} only after an approval.",
    }


def drill_result(views: Views, incident: Mapping[str, Any]) -> dict[str, Any]:
    """When, who answered and how soon, who did not, which rooms stayed silent, what doors did. Never more than is
    recorded.
    """
    started = _moment(incident["raised_wall"])
    answers, answered, after, looked = [], set(), None, 0
    while looked < MOST_LOOKED_AT:
        found = views.people(str(incident["id"]), limit=A_PAGE, after=after)
        looked += len(found["items"])
        for each in found["items"]:
            moment = _moment(each.get("answered"))
            if each.get("answer") and moment and started:
                answered.add(each["id"])
                answers.append((each["name"], each["answer"], max(0, round((moment - started).total_seconds()))))
        after = found["next"]
        if not after:
            break
    answers.sort(key=lambda each: each[2])
    asked = _written_to(views, str(incident["id"]))
    rooms = views.rooms(str(incident["id"]))
    doors = incident["doors"]
    return {
        "answers": [(name, str(word).replace("_", " "), in_words(seconds)) for name, word, seconds in answers],
        "first": in_words(answers[0][2]) if answers else "", "last": in_words(answers[-1][2]) if answers else "",
        "asked": len(asked),
        "missing": sorted(name for person, name in asked.items() if person not in answered),
        "state": STATES.get(str(incident["state"]), str(incident["state"])),
        "silent": [each["name"] for each in rooms["items"] if each["silent"]], "rooms": rooms["counts"],
        "doors": "No door was commanded: they stayed as they were."
        if not doors["commanded"]
        else f"{doors['commanded']} doors were commanded, {doors['secured']} read secured.",
        "messages": [
            (CHANNELS.get(kind, kind), _states(states)) for kind, states in sorted(incident["deliveries"].items())
        ],
        "over": str(incident["state"]) == "closed", "stoppable": str(incident["state"]) in {"raised", "active"},
    }  # fmt: skip


def _written_to(views: Views, incident: str) -> dict[str, str]:
    """Person to name of those whom its first messages went to; what ends it asks nobody anything."""
    found: dict[str, str] = {}
    after, looked = None, 0
    while looked < MOST_LOOKED_AT:
        page = views.deliveries(incident, state=None, limit=A_PAGE, after=after)
        looked += len(page["items"])
        found |= {each["person"]: str(each["name"]) for each in page["items"] if each["phase"] == "main"}
        after = page["next"]
        if not after:
            break
    return found


def in_words(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _states(states: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()))


def _moment(wall: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(wall))
    except ValueError:
        return None
