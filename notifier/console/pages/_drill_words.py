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


def reach_words(plan: Mapping[str, Any], zone: str) -> dict[str, str]:
    """The button's words, and what does not happen; from the same plan that the start will follow."""
    steps = plan["phases"].get("main", [])
    doors = sum(len(step.get("doors") or ()) for step in steps)
    strobes = sum(len(step.get("signals") or ()) for step in steps)
    outside = int(plan["reach"]["outside"])
    reach = people(int(plan["reach"]["people"]))
    return {
        "start": f"Start DRILL {str(plan['action']).upper()}, {zone or 'whole site'}, {reach}",
        "doors": "Doors stay as they are." if not doors else f"{plural(doors, 'door')} will be told to lock.",
        "strobes": "Strobes and signs stay dark." if not strobes else f"{plural(strobes, 'strobe or sign')} come on.",
        "outside": "Nobody outside is told." if not outside else f"{people(outside)} outside are told.",
        "waits": "" if not plan["reach"]["waits"] else f"{people(int(plan['reach']['waits']))} only after an approval.",
    }


def drill_result(views: Views, incident: Mapping[str, Any]) -> dict[str, Any]:
    """When, who answered and how soon, which rooms stayed silent, what doors did. Never more than is recorded."""
    started = _moment(incident["raised_wall"])
    answers, after, looked = [], None, 0
    while looked < MOST_LOOKED_AT:
        found = views.people(str(incident["id"]), limit=A_PAGE, after=after)
        looked += len(found["items"])
        for each in found["items"]:
            moment = _moment(each.get("answered"))
            if each.get("answer") and moment and started:
                answers.append((each["name"], each["answer"], max(0, round((moment - started).total_seconds()))))
        after = found["next"]
        if not after:
            break
    answers.sort(key=lambda each: each[2])
    rooms = views.rooms(str(incident["id"]))
    doors = incident["doors"]
    return {
        "answers": [(name, str(word).replace("_", " "), in_words(seconds)) for name, word, seconds in answers],
        "first": in_words(answers[0][2]) if answers else "", "last": in_words(answers[-1][2]) if answers else "",
        "silent": [each["name"] for each in rooms["items"] if each["silent"]], "rooms": rooms["counts"],
        "doors": "No door was commanded: they stayed as they were."
        if not doors["commanded"]
        else f"{doors['commanded']} doors were commanded, {doors['secured']} read secured.",
        "messages": [(kind, _states(states)) for kind, states in sorted(incident["deliveries"].items())],
        "over": str(incident["state"]) == "closed", "stoppable": str(incident["state"]) in {"raised", "active"},
    }  # fmt: skip


def in_words(seconds: int) -> str:
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _states(states: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(states.items()))


def _moment(wall: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(wall))
    except ValueError:
        return None
