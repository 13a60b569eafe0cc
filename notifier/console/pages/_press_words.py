"""What the press pages say of a playbook and of what became of it. Words only; nothing is asked or done here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.console.pages.rendering import people, plural

ORDER = ("lockdown", "hold", "secure", "evacuate", "shelter", "medical")
"""Tiles never move: largest and worst first, the most used widest under the thumb."""
SAYS = {
    "lockdown": "Locks, lights, out of sight.",
    "hold": "In your room or area. Clear the halls.",
    "secure": "Get inside. Lock outside doors.",
    "evacuate": "Leave the building.",
    "shelter": "Hazard and safety strategy.",
    "medical": "Nurse and first-aid team to you",
}
"""The directives of the Standard Response Protocol; evacuate and medical are ours."""
WHEN = {
    "lockdown": "Dangerous person inside",
    "hold": "Trouble in hall",
    "secure": "Danger outside",
    "evacuate": "Fire, smoke, gas",
    "shelter": "Storm, chemicals",
    "medical": "Hurt, ill",
}
"""Ours: what each is for, to somebody who knows none of the six words (docs/decisions/0023)."""
CHANNELS = {"push": "push", "sms": "text", "email": "email", "voice": "call"}
WHO = {"police": "police", "district": "the district", "fire": "fire", "ems": "EMS"}


def joined(words: Sequence[str]) -> str:
    """With commas, and `and` before the last: police, fire and EMS."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def span(seconds: float) -> str:
    if seconds >= 60 and seconds % 60 == 0:
        return plural(int(seconds / 60), "minute")
    return plural(round(seconds), "second")


def deeds(plan: Mapping[str, Any]) -> list[dict[str, str]]:
    """What starting it will do, one line each: icon, what, more."""
    steps = plan["phases"]["main"]
    found = [*_doors(steps)]
    for step in steps:
        if step.get("speakers"):
            again = f", then every {span(step['again_every'])}" if step["again_every"] else ""
            times = {1: "once", 2: "twice"}.get(step["times"], f"{step['times']} times")
            found.append(_line("speaker", f"Speak on {plural(step['speakers'], 'speaker')}", times + again))
        elif step.get("signals"):
            count = plural(len(step["signals"]), "strobe or sign", "strobes and signs")
            found.append(_line("strobe", f"Switch on {count}", "until it has ended"))
    told = [step for step in steps if "people" in step and (step["deliveries"] or not plan["drill"])]
    agencies = [name for step in told if _agency(step) and step["deliveries"] for name in _names(step)]
    found += [_told(step) for step in told if not ((_agency(step) and step["deliveries"]) or step["approve"])]
    if agencies:
        who = joined([WHO[name] for name in sorted(set(agencies), key=list(WHO).index)])
        found.append(_line("place", f"Tell {who}", "it does not call 911: you do that next"))
    if plan["drill"] and not plan["reach"]["outside"]:
        found.append(_line("place", "Nobody outside is told", "call dispatch yourself before a drill"))
    return found + [_told(step) for step in told if step["approve"]]


def _doors(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    locking = [step for step in steps if step["deed"] == "secure_doors"]
    doors = {door for step in locking for door in step["doors"]}
    if not locking:
        return []
    if not doors:
        return [_line("secured", "Doors stay as they are", "no lock is commanded")]
    return [_line("secured", f"Lock {plural(len(doors), 'door')}", "people inside can always get out")]


def _names(step: Mapping[str, Any]) -> list[str]:
    return [str(selector).partition(":")[2] or str(selector) for selector in step["to"]]


def _agency(step: Mapping[str, Any]) -> bool:
    return not step["approve"] and all(name in WHO for name in _names(step))


def _told(step: Mapping[str, Any]) -> dict[str, str]:
    by, who = joined([CHANNELS.get(kind, kind) for kind in step["by"]]), joined(_names(step))
    if step["approve"]:
        when = f"asks for approval after {span(step['begins'])}" if step["begins"] else "asks for approval first"
        return _line("clock", f"{who.capitalize()}: not yet", f"{when}, {people(step['people'])}")
    if not step["deliveries"]:
        return _line("mend_now", f"Message {who}: reaches nobody", "no address, or no sender for it")
    later = f", {span(step['begins'])} later" if step["begins"] else ""
    return _line("phone", f"Message {step['people']:,} {who}", by + later)


def _line(icon: str, what: str, more: str) -> dict[str, str]:
    return {"icon": icon, "what": what, "more": more}


def progress(incident: Mapping[str, Any], received: str) -> list[dict[str, Any]]:
    """What is known to have happened, one row each; `real`: it needs a person and nobody has it."""
    rows = [_recorded(incident, received)]
    doors = incident["doors"]
    if doors["commanded"]:
        rows.append(_doors_now(doors, incident["doors_not_secured"]))
    if incident["pages"]:
        rows.append(_pages(incident["pages"]))
    if incident["deliveries"]:
        rows.append(_messages(incident))
    if not incident["drill"]:
        rows.append(_outside(incident))
    return rows


def _row(icon: str, what: str, more: str, kind: str = "") -> dict[str, Any]:
    return {"icon": icon, "what": what, "more": more, "kind": kind}


def _recorded(incident: Mapping[str, Any], received: str) -> dict[str, Any]:
    if incident["recorded"]:
        return _row("safe", "Received and recorded", f"by the school’s server at {received}", "good")
    words = "disk or store does not answer. Write times on paper. The technician is called."
    return _row("mend_now", "It runs, but nothing is being written down", words, "fault")


def _doors_now(doors: Mapping[str, int], open_: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    moving = [door for door in open_ if door["pending"]]
    failed = [door["title"] for door in open_ if not door["pending"]]
    what = f"{doors['secured']} of {plural(doors['commanded'], 'door')} secured"
    if failed:
        return _row("unsecured", f"{what} · {len(failed)} NOT", ", ".join(failed), "real")
    if moving:
        return _row("moving", what, f"{len(moving)} told to lock, not read back yet")
    return _row("secured", what, "each by its own sensor or a named person")


def _pages(pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    states = {str(page["state"]) for page in pages}
    if "not_proven" in states:
        return _row("silent", "A page did NOT leave", "say it yourself on the speakers, or shout", "fault")
    if states & {"queued", "sending"}:
        return _row("speaker", "The page is leaving for the speakers", "sent is not heard")
    return _row("speaker", "Page sent to the speakers", "sent is not heard: nobody has said yet that they heard it")


def _messages(incident: Mapping[str, Any]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for states in incident["deliveries"].values():
        for state, number in states.items():
            counts[state] = counts.get(state, 0) + number
    delivered = counts.get("delivered", 0) + counts.get("read", 0)
    sent = counts.get("sent", 0) + delivered
    waiting = counts.get("queued", 0) + counts.get("sending", 0)
    failed = counts.get("failed", 0)
    more = [people(incident["rooms"]["answered"]) + " answered"]
    more += [f"{waiting} still leaving"] if waiting else []
    more += [f"{failed} failed, next address tried"] if failed else []
    return _row("message", f"Messages: {sent:,} sent, {delivered:,} delivered", ", ".join(more))


def _outside(incident: Mapping[str, Any]) -> dict[str, Any]:
    who = incident["hand_off_who"] or "Somebody outside"
    words = {
        "nobody_told": ("clock", "Police: no answer yet", "nobody outside has answered"),
        "told": ("clock", f"{who}: told, no answer yet", "told is not accepted"),
        "accepted": ("call", f"{who}: accepted", "not on scene yet"),
        "on_scene": ("place", f"{who}: on scene", ""),
    }
    return _row(*words.get(str(incident["hand_off"]), words["nobody_told"]))
