"""One event as a sentence for people. Pure. Says how a thing is known, never more than is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from notifier.engine.held import Held
from notifier.engine.walk_tests import told
from notifier.model.events import EventKind
from notifier.model.step import TaskKind

Data = Mapping[str, Any]


def tell(kind: EventKind, data: Data, held: Held | None) -> str:
    """The sentence of the timeline; an event without one of its own says what its kind says."""
    teller = TELLERS.get(kind)
    return teller(data, held) if teller is not None else kind.sentence


def _door(data: Data, held: Held | None, key: str = "door") -> str:
    door = held.doors.get(data.get(key, "")) if held else None
    return door.title if door else str(data.get(key, "a door"))


def _zone(data: Data, held: Held | None) -> str:
    zone = data.get("zone")
    if not zone:
        return "place not known"
    return held.zone_names.get(zone, str(zone)) if held else str(zone)


def _opened(data: Data, held: Held | None) -> str:
    kind = "DRILL" if data.get("drill") else "LIVE"
    playbook = held.playbooks.get(data.get("playbook", "")) if held else None
    title = playbook.title if playbook else data.get("playbook")
    return f"{kind} {title} started by {data.get('presser') or data.get('source')}, {_zone(data, held)}."


def _tried(data: Data, held: Held | None) -> str:
    door = _door(data, held)
    if data.get("what") == "asked":
        return f"{data.get('by')} locks {door} to try it."
    return f"{door} was tried: {data.get('lock')} ({data.get('answered')}); {data.get('put_back')}."


def _lit(data: Data, held: Held | None) -> str:
    signal = held.signals.get(str(data.get("signal"))) if held else None
    name = (signal.name if signal else "") or data.get("signal")
    if data.get("what") == "asked":
        return f"{data.get('by')} lights {name} for a moment to try it."
    fault = f" ({data['fault'].rstrip('.')})" if data.get("fault") else ""
    return f"{name} was tried: {data.get('answered')}{fault}; {data.get('afterwards')}."


def _who(data: Data, held: Held | None) -> str:
    person = held.people.get(data.get("person", "")) if held else None
    return person.name if person else str(data.get("person"))


def _read(data: Data, held: Held | None) -> str:
    if "doors" in data:
        return f"{data['doors']} doors were read."
    if "by" in data:
        return f"{_door(data, held)}: {data['by']} says {data['lock']}."
    if data.get("proven"):
        return f"{_door(data, held)} secured ({data.get('detail')})."
    if data.get("lock") == "secured" and "proven" in data:
        return f"{_door(data, held)} is locked, and its controller still lets badges open it ({data.get('detail')})."
    return f"{_door(data, held)} NOT secured yet: reads {data.get('lock')} ({data.get('detail')})."


def _over(data: Data, held: Held | None) -> str:
    if "signal" in data:
        wanted = "on" if data.get("on") else "off"
        done = f"told {wanted}" if data.get("obeyed") else f"does not go {wanted}"
        if not data.get("obeyed") and not data.get("on"):
            done = f"is STILL ON, told to stop {data.get('tries')} times"
        late = ", at last" if data.get("late") else ""
        return f"Signal {data['signal']} {done}{late}: {data.get('detail')}."
    if data.get("verb") == "restore":
        done = "reads unlocked again" if data.get("proven") else "was NOT restored"
        return f"{_door(data, held)} {done}: {data.get('detail')}."
    if data.get("verb") == "release":
        if data.get("proven"):
            return f"{_door(data, held)} is out of its controller's lockdown mode and locked: {data.get('detail')}."
        return f"{_door(data, held)} was NOT brought back out of lockdown mode: {data.get('detail')}."
    return _read(data, held)


def _not_secured(data: Data, held: Held | None) -> str:
    names = [held.doors[door].title if held and door in held.doors else door for door in data.get("doors", ())]
    told = ", ".join(data.get("told") or ()) or "nobody"
    return f"NOT SECURED in time: {', '.join(names)}. Told: {told}."


def _escalated(data: Data, held: Held | None) -> str:
    rooms = [
        held.rooms[room].name or room if held and room in held.rooms else room for room in data.get("silent_rooms", ())
    ]
    told = ", ".join(data.get("told") or ()) or "nobody"
    return (
        f"{data.get('answered')} of {data.get('asked')} have answered. No answer from "
        f"{', '.join(rooms) or 'no room'}. Told: {told}."
    )


def _page_over(data: Data, held: Held | None) -> str:
    if data.get("fault"):
        said = "was not said to its end" if data.get("packets") else "was NOT said"
        return f"The page on {data.get('speakers')} speakers {said}: {str(data['fault']).rstrip('.')}."
    return (
        f"The page was sent to {data.get('speakers')} speakers: {data.get('packets')} packets, worst gap "
        f"{data.get('worst_gap_ms', 0):.0f} ms. Nobody has confirmed that it was heard."
    )


def _confirmed(data: Data, held: Held | None) -> str:
    if "by" in data:
        heard = "heard the page" if data.get("heard") else "did NOT hear the page"
        return f"{data['by']} {heard} at {_speaker(data.get('speaker', ''), held)}."
    said: dict[str, list[str]] = {}
    for speaker, state in data.get("said", {}).items():
        said.setdefault(SAID.get(state, state), []).append(_speaker(speaker, held))
    return "The devices say: " + "; ".join(f"{state}: {', '.join(names)}" for state, names in said.items()) + "."


SAID = {"playing": "playing", "not_playing": "NOT playing", "no_answer": "no answer"}


def _walked(data: Data, held: Held | None) -> str:
    note = f" {data['note']}" if data.get("note") else ""
    return f"Walk test of {_zone(data, held)}: {told(data)}.{note}"


def _stopped(data: Data, held: Held | None) -> str:
    parts = (
        ("STILL ON", data.get("still_on", ())),
        ("silent, the device says", data.get("silent", ())),
        ("not known", data.get("not_known", ())),
    )
    named = [f"{what}: {', '.join(_speaker(each, held) for each in ids)}" for what, ids in parts if ids]
    faults = [f"{kind}: {why.rstrip('.')}" for kind, why in data.get("faults", {}).items()]
    return f"Speakers were told to be silent. {'; '.join([*named, *faults])}."


def _spoken(data: Data, held: Held | None) -> str:
    drill = "DRILL: " if data.get("drill") else ""
    if data.get("how") == "prepared":
        where = _zone(data, held)
        return f"{drill}{data.get('by')} says the prepared page for {str(data.get('word')).upper()} at {where}."
    did = "typed" if data.get("how") == "typed" else "spoke"
    return f"{drill}{data.get('by')} {did} a page for {len(data.get('speakers', ()))} speakers."


def _speaker(speaker: str, held: Held | None) -> str:
    known = held.speakers.get(speaker) if held else None
    return known.name or speaker if known else speaker


def _asked_for(data: Data) -> str:
    what = str(data.get("what", "An approval"))
    return ASKED_FOR.get(what, what)


ASKED_FOR = {
    "publish": "new files to run",
    "message": "a message to people outside",
    "all_clear": "the all-clear",
    "recall": "the recall",
    "mistake": "the end as a mistake",
    "stop_drill": "the end of the drill",
}


def _headed(text: str) -> str:
    return text[:1].upper() + text[1:]


def _answered(data: Data, held: Held | None) -> str:
    return f"{data.get('who')}: {str(data.get('answer')).replace('_', ' ')} (by {data.get('channel')})."


def _moved(data: Data, held: Held | None) -> str:
    by = f" by {data['by']}" if data.get("by") else ""
    note = f" {data['text']}" if data.get("text") else ""
    left = f" Not released: {len(data['not_released'])} rooms." if data.get("not_released") else ""
    return f"{str(data.get('word')).replace('_', ' ')}{by}: {data.get('from')} → {data.get('to')}.{left}{note}"


def _task_moved(data: Data, held: Held | None) -> str:
    if "task" not in data:
        deed = "lets the late press start" if data.get("fire") else "stopped the late press"
        return f"{data.get('by')} {deed}." if "late_press" in data else EventKind.TASK_MOVED.sentence
    what = _task(data, held)
    if data.get("to"):
        return f"{data.get('by')} gives {what} to {data['to']}."
    done = {"take": "has", "give_back": "gave back", "finish": "says that this is done:"}
    return f"{data.get('by')} {done.get(str(data.get('word')), data.get('word'))} {what}."


def _task(data: Data, held: Held | None) -> str:
    """What it is about: a task's id ends with its door, person or room."""
    subject = str(data["task"]).rpartition(":")[2]
    if data.get("kind") == TaskKind.SILENT_ZONE and held and subject in held.zone_names:
        return f"the rooms of {held.zone_names[subject]} that did not answer"
    if data.get("kind") == TaskKind.SPEAKER_PAGE and held and subject in held.speakers:
        return f"the page that was not said at {held.speakers[subject].name or subject}"
    if held and subject in held.doors:
        return held.doors[subject].title
    if held and (subject in held.people or subject in held.rooms):
        name = held.people[subject].name if subject in held.people else held.rooms[subject].name or subject
        return f"the call for help of {name}" if data.get("kind") == "need_help" else f"the task about {name}"
    return str(data.get("kind", "a task")).replace("_", " ")


def _waits(data: Data, held: Held | None) -> str:
    asked = ", ".join(data.get("asked", ()))
    return f"{data.get('step', 'A step')} waits for an approval." + (f" Asked: {asked}." if asked else "")


TELLERS: dict[EventKind, Callable[[Data, Held | None], str]] = {
    EventKind.INCIDENT_OPENED: _opened,
    EventKind.INCIDENT_JOINED: lambda data, held: (
        f"Also pressed by {data.get('presser') or data.get('source')}, {_zone(data, held)}."
    ),
    EventKind.INCIDENT_UPGRADED: lambda data, held: (
        f"Upgraded from {data.get('from')} to {data.get('to')} by {data.get('presser') or data.get('source')}."
    ),
    EventKind.INCIDENT_MOVED: _moved,
    EventKind.UNVERIFIED: lambda data, held: (
        f"UNVERIFIED: {data.get('playbook')} reported by {data.get('presser') or data.get('source')}, "
        f"{_zone(data, held)}. Silence starts it in {data.get('ack', 0):.0f} s."
    ),
    EventKind.DRILL_NOT_STARTED: lambda data, held: (
        f"The drill {data.get('drill')} of {data.get('planned')} was not started: {data.get('why')}."
    ),
    EventKind.UNVERIFIED_MOVED: lambda data, held: f"Unverified press: {data.get('word')} by {data.get('by')}.",
    EventKind.OFFICE_TOLD: lambda data, held: (
        f"Somebody called 911, {_zone(data, held)} ({data.get('note') or data.get('source')}). Nothing was started."
    ),
    EventKind.NOTICE_SENT: lambda data, held: (
        f"Told of {str(data.get('what')).replace('_', ' ')}: {', '.join(data.get('told', ())) or 'nobody'}."
    ),
    EventKind.PRESSED: lambda data, held: (
        f"Pressed again by {data.get('presser') or data.get('source')}, {_zone(data, held)}."
    ),
    EventKind.COMMANDED: lambda data, held: (
        f"{data['by']} tells {_door(data, held)} to lock again." if data.get("again") else EventKind.COMMANDED.sentence
    ),
    EventKind.TASK_MOVED: _task_moved,
    EventKind.DOOR_READ: _read,
    EventKind.COMMAND_OVER: _over,
    EventKind.NOT_SECURED: _not_secured,
    EventKind.DOOR_ALARM: lambda data, held: (
        f"{_door(data, held)} was secured and now reads {data.get('lock')} ({data.get('detail')}). Nobody commanded it."
    ),
    EventKind.DOOR_TRIED: _tried,
    EventKind.SIGNAL_TRIED: _lit,
    EventKind.DOOR_OPENED: lambda data, held: (
        f"{_door(data, held)} opened for {data.get('seconds', 0):.0f} s by {data.get('by')}."
    ),
    EventKind.PAGE_STARTED: lambda data, held: f"The page is on the air on {len(data.get('speakers', ()))} speakers.",
    EventKind.PAGE_OVER: _page_over,
    EventKind.PAGE_SPOKEN: _spoken,
    EventKind.PAGE_CONFIRMED: _confirmed,
    EventKind.PAGE_STOPPED: _stopped,
    EventKind.WALK_TESTED: _walked,
    EventKind.BROWSER_CHANGED: lambda data, held: (
        f"{_who(data, held)}: a browser was registered for push."
        if data.get("change") == "registered"
        else f"{_who(data, held)}: the browser that was registered for push has let go."
    ),
    EventKind.DELIVERIES_QUEUED: lambda data, held: (
        f"{data.get('count')} messages are waiting to leave ({data.get('step', data.get('why', ''))})."
        if data.get("count") != 0
        else f"Nobody is written to ({data.get('step', data.get('why', ''))})."
    ),
    EventKind.DELIVERIES_SETTLED: lambda data, held: f"{data.get('count')} messages: what became of them is known.",
    EventKind.DELIVERIES_REPORTED: lambda data, held: f"News of {data.get('count', 1)} messages from providers.",
    EventKind.DELIVERIES_STOPPED: lambda data, held: f"{data.get('count')} messages stopped before they left.",
    EventKind.ANSWERED: _answered,
    EventKind.UNREADABLE: lambda data, held: (
        f"{data.get('who', 'An unknown number')} wrote something that could not be read: counts as need help, to check."
    ),
    EventKind.ESCALATED: _escalated,
    EventKind.APPROVAL_ASKED: lambda data, held: (
        f"{data.get('first')} asks for {_asked_for(data)}; a second person is needed."
    ),
    EventKind.DURESS: lambda data, held: f"{data.get('first')} asks for {_asked_for(data)}; a second person is needed.",
    EventKind.APPROVAL_DECIDED: lambda data, held: (
        _headed(f"{_asked_for(data)}: {data.get('state')}")
        + (f" by {data['second']}." if data.get("second") else ".")
        + (f" {data['reason'].rstrip('.')}." if data.get("reason") else "")
        + (f" {len(data['doors'])} doors stay as they are." if data.get("doors") else "")
    ),
    EventKind.OUTSIDE_PAUSED: lambda data, held: (
        f"Outside messages wait, by {data.get('by')}: {data.get('left')} had left, {data.get('waiting')} wait."
    ),
    EventKind.OUTSIDE_RESUMED: lambda data, held: f"Outside messages go on, by {data.get('by')}.",
    EventKind.ROOM_RELEASED: lambda data, held: f"{len(data.get('rooms', ()))} rooms released by {data.get('by')}.",
    EventKind.HAND_OFF: lambda data, held: f"Dispatch: {str(data.get('to')).replace('_', ' ')} ({data.get('who')}).",
    EventKind.COMMAND_TAKEN: lambda data, held: f"{data.get('by')} is in command.",
    EventKind.NOTE: lambda data, held: f"{data.get('by')}: {data.get('text')}",
    EventKind.MESSAGE_TYPED: lambda data, held: f"{data.get('by')} wrote to {data.get('people')} people.",
    EventKind.RECALLED: lambda data, held: (
        f"{data.get('left')} had left and get the correction, {data.get('stopped')} were stopped, "
        f"{data.get('may_have_left')} may have left."
    ),
    EventKind.STEP_WAITS: _waits,
    EventKind.STEP_OVER: lambda data, held: (
        "Steps over: " + ", ".join(f"{step} {state}" for step, state in data.get("over", ())) + "."
    ),
    EventKind.CANARY_SENT: lambda data, held: f"A canary left for {', '.join(data.get('to', ())) or 'nobody'}.",
    EventKind.CANARY_OVER: lambda data, held: (
        "The canary: "
        + (", ".join(f"{name} {why or 'left'}" for name, why in sorted(data.get("senders", {}).items())) or "nobody")
        + "."
    ),
    EventKind.TROUBLES_TOLD: lambda data, held: (
        f"{', '.join(data.get('told', ())) or 'Nobody'} told of {len(data.get('troubles', ()))} troubles."
    ),
    EventKind.TROUBLE_RAISED: lambda data, held: f"Trouble: {data.get('text')}",
    EventKind.MISTAKE_CLAIMED: lambda data, held: f"{data.get('by')} says it was a mistake. NOT confirmed.",
    EventKind.FIRE_ALARM: lambda data, held: (
        "The fire alarm is on. Stay or go?" if data.get("on") else "The fire alarm is off."
    ),
    EventKind.TASK_OPENED: lambda data, held: (
        f"Nobody outside has accepted it. Told: {', '.join(data.get('told', ())) or 'nobody'}."
        if data.get("kind") == "nobody_outside"
        else f"Needs a person: {data.get('text')}"
        if data.get("text")
        else EventKind.TASK_OPENED.sentence
    ),
    EventKind.STARTED: lambda data, held: (
        f"Node {data.get('node')} started; {data.get('left_open')} messages were about to leave when it stopped."
    ),
    EventKind.CLOCK_STEPPED: lambda data, held: f"The wall clock moved by {data.get('seconds'):+} s. No timer moved.",
    EventKind.PUBLISHED: lambda data, held: f"Version {data.get('version')} published by {data.get('author')}.",
}
