"""What a lockdown must and must not do: everybody hears and sees it, and no hidden phone rings (PRODUCT 3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.check_site import occupied_zones
from notifier.files.positions import Document, Path
from notifier.files.reading import Reading
from notifier.files.selecting import signals_of, speakers_of
from notifier.model.incident import Action
from notifier.model.playbook import Playbook
from notifier.model.site import Signal, Speaker


def check_lockdown(reading: Reading, playbook: Playbook, document: Document) -> Iterator[Fault]:
    if playbook.action is not Action.LOCKDOWN:
        return
    if not playbook.audible:
        text = "A lockdown cannot be silent."
        yield rules.LOCKDOWN_SILENT.at(document, ("audible",), text, "Remove audible: false, or choose another action.")
    yield from _first_messages(reading, playbook, document)
    yield from _escalations(reading, playbook, document)
    yield from _heard_and_seen(reading, playbook, document)


def _first_messages(reading: Reading, playbook: Playbook, document: Document) -> Iterator[Fault]:
    first: dict[tuple[str, str], str] = {}
    for index, step in enumerate(playbook.steps):
        if step.notify is None:
            continue
        inside = _inside(reading, step.notify.to)
        for place, kind in enumerate(step.notify.by):
            path: Path = ("steps", index, "notify", "by", place)
            reached = sorted(one for one in inside if kind in reading.contacts.people[one].addresses)
            if reached and kind == "voice":
                text = f"The step `{step.id}` calls {_named(reading, reached)}, who may be hiding."
                yield rules.LOCKDOWN_VOICE.at(document, path, text, "Remove voice, or name only people outside.")
            again = [one for one in reached if (one, kind) in first]
            if again:
                text = (
                    f"The step `{step.id}` sends {_named(reading, again)} {kind} again after `{first[again[0], kind]}`."
                )
                advice = "Keep one message by each kind for people inside; say it again over speakers."
                yield rules.LOCKDOWN_REPEAT.at(document, path, text, advice)
            first.update({(one, kind): step.id for one in reached if (one, kind) not in first})


def _escalations(reading: Reading, playbook: Playbook, document: Document) -> Iterator[Fault]:
    for index, step in enumerate(playbook.steps):
        audiences: list[tuple[Path, Sequence[str]]] = []
        if step.acknowledge is not None:
            for place, level in enumerate(step.acknowledge.escalate):
                audiences.append((("acknowledge", "escalate", place, "to"), level.to))
        if step.secure_doors is not None and step.secure_doors.otherwise is not None:
            audiences.append((("secure_doors", "otherwise", "notify"), step.secure_doors.otherwise.notify))
        for at, to in audiences:
            for place, selector in enumerate(to):
                inside = _inside(reading, [selector])
                if inside or selector == "unanswered":
                    who = _named(reading, sorted(inside)) if inside else "people inside"
                    text = f"`{selector}` escalates to {who}, who may be hiding."
                    advice = "Name people outside: role:district, role:police."
                    yield rules.LOCKDOWN_ESCALATION.at(document, ("steps", index, *at, place), text, advice)


def _heard_and_seen(reading: Reading, playbook: Playbook, document: Document) -> Iterator[Fault]:
    site = reading.site
    heard: set[str] = set()
    seen: set[str] = set()
    page: Path = ("steps",)
    lights: Path = ("steps",)
    for index, step in enumerate(playbook.steps):
        if step.announce is not None:
            page = ("steps", index, "announce", "speakers")
            heard |= _covered(
                reading, playbook, step.announce.speakers, speakers_of(step.announce.speakers, site).ids, site.speakers
            )
        if step.signal is not None:
            lights = ("steps", index, "signal", "outputs")
            seen |= _covered(
                reading, playbook, step.signal.outputs, signals_of(step.signal.outputs, site).ids, site.signals
            )
    accepted = {gap.zone for gap in site.accepted_gaps if gap.until >= reading.today}
    for zone, room in occupied_zones(reading).items():
        if any(zone in site.zone_and_children(one) for one in accepted):
            continue
        advice = f"Add one to `{zone}`, or let a named person accept the gap in accepted_gaps: with an end."
        if zone not in heard:
            text = f"Nobody in `{zone}` (room `{room}`) hears this: no speaker of the page is there."
            yield rules.LOCKDOWN_NOT_HEARD.at(document, page, text, advice)
        if zone not in seen:
            text = f"Nobody in `{zone}` (room `{room}`) sees this: no signal that is switched on is there."
            yield rules.LOCKDOWN_NOT_SEEN.at(document, lights, text, advice)


def _covered(
    reading: Reading,
    playbook: Playbook,
    selectors: Sequence[str],
    ids: set[str],
    things: Sequence[Speaker] | Sequence[Signal],
) -> set[str]:
    """Zones that have one of the things in them; a thing of a zone is for the zones inside it too."""
    pressed_zone_too = playbook.scope == "zone" and "$zone" in selectors
    zones: set[str] = set()
    for thing in things:
        if thing.id in ids or pressed_zone_too:
            zones |= reading.site.zone_and_children(thing.zone)
    return zones


def _inside(reading: Reading, selectors: Sequence[str]) -> set[str]:
    people = reading.contacts.people
    if "$zone" in selectors:
        rooms = {room.id for room in reading.site.rooms}
        here = {one.id for one in people.values() if one.on_site and one.room in rooms}
    else:
        here = set()
    return here | {one for one in reading.people_of(selectors).ids if people[one].on_site}


def _named(reading: Reading, ids: Sequence[str]) -> str:
    names = [reading.contacts.people[one].name for one in ids[:2]]
    more = len(ids) - len(names)
    return f"{' and '.join(names)}{f' and {more} more' if more else ''}"
