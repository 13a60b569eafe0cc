"""From a played story to its facts: the campus is looked at, the daemon is asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from notifier.demo.api import Api
from notifier.demo.facts import Approval, DoorFact, EscalationFact, Facts, PersonFact
from notifier.demo.story import NO_ANSWER, Story
from notifier.errors import LedgerError
from notifier.ledger.verify import verify

MARGIN = 2.5
"""Seconds before the escalation's message arrived within which an answer may have crossed it."""
WAYS = ("push", "sms", "email")
"""By which the demo's school has senders."""
READINGS = {"1": "safe", "safe": "safe", "HELP": "need_help", "AYUDA": "need_help", "On it": "taking_it"}
"""What the people of the demo say, in the playbook's words."""


async def observed(story: Story, api: Api) -> Facts:
    """Everything but the record, which is looked at by `verified`. Raises Answered, OSError."""
    incident = f"/incidents/{story.incident}"
    picture = await api.get(incident)
    rooms = (await api.get(f"{incident}/rooms"))["items"]
    shown = {each["id"]: each["answer"] for each in await api.each(f"{incident}/people", limit=200)}
    deliveries = Counter([each["state"] for each in await api.each(f"{incident}/deliveries", limit=200)])
    grounds, speakers = story.campus.grounds, story.campus.speakers
    streams = speakers.streams()
    first = grounds.first_lock_command()
    return Facts(
        incident=story.incident,
        first_door_ms=None if first is None else (first - story.pressed_at) * 1000,
        doors=_doors(story),
        unlock_commands=tuple(grounds.unlock_commands()),
        people=_people(story, shown),
        deliveries=dict(deliveries),
        packets=sum(stream.packets for stream in streams),
        worst_gap_ms=max((stream.worst_gap_ms for stream in streams), default=0.0),
        groups=frozenset(story.campus.groups.values()),
        groups_heard=frozenset(stream.group for stream in streams if stream.sounds),
        escalation=_escalation(story),
        occupied=frozenset(room["id"] for room in rooms if room["occupied"]),
        released=frozenset(room["id"] for room in rooms if room["occupied"] and room["state"] == "released"),
        last_release=story.last_release,
        first_word_of_the_end=min(story.told_of_the_end.values(), default=None),
        approvals=_approvals(story, picture),
        all_clear=any(_moved(event, "all_clear") for event in story.events),
        closed=picture["state"] == "closed",
        hand_off=str(picture["hand_off"]),
        mishaps=(*story.mishaps, *story.campus.crowd.failed, *_callbacks(story)),
    )


async def verified(store: Path, *, running: bool) -> list[str]:
    """What is wrong with the record; the whole chain, every seal, every row. `running`: a daemon still holds it."""
    try:
        findings = await asyncio.to_thread(verify, store, inside=running)
    except LedgerError as error:
        return [str(error)]
    return [finding.text for finding in findings if finding.fault]


def _doors(story: Story) -> tuple[DoorFact, ...]:
    cast = story.cast
    truth = {cast.jammed: "jammed", cast.lying: "lying"}
    named = {each["door"] for each in story.doors.get("not_secured", ())}
    return tuple(
        DoorFact(
            id=each["id"],
            title=each["title"],
            fault=truth.get(each["id"], ""),
            holds=each["id"] in story.truly_held,
            reported=each["lock"],
            named=each["id"] in named,
            told=tuple(story.told.get(each["id"], ())),
        )
        for each in story.doors.get("items", ())
    )


def _people(story: Story, shown: dict[str, str | None]) -> tuple[PersonFact, ...]:
    crowd, dead = story.campus.crowd, set(story.cast.dead_numbers)
    facts = []
    for person in story.school.people.values():
        ways = set(person.addresses) - ({"sms"} if person.id in dead else set())
        said = crowd[person.id].said
        facts.append(
            PersonFact(
                id=person.id,
                name=person.name,
                reachable=bool(ways & set(WAYS)),
                alerts=story.alerts[person.id],
                told_of_the_end=person.id in story.told_of_the_end,
                ends_by_one_way=max(story.ends[person.id, way] for way in WAYS),
                said=READINGS.get(said[0].say, said[0].say) if said else None,
                shown=shown.get(person.id),
            )
        )
    return tuple(facts)


def _escalation(story: Story) -> EscalationFact | None:
    event = next((each for each in story.events if each.get("kind") == "escalated"), None)
    if event is None or story.escalation_at is None:
        return None
    rooms = frozenset(event["data"]["silent_rooms"])
    names = {room.id: room.name or room.id for room in story.school.site.rooms}
    first: dict[str, float] = {story.cast.card_room: story.card_at} if story.card_at is not None else {}
    for person in story.school.people.values():
        if person.room and person.on_site:
            for said in story.campus.crowd[person.id].said[:1]:
                first[person.room] = min(said.at, first.get(person.room, said.at))
    lived_in = {person.room for person in story.school.people.values() if person.on_site and person.room}
    occupied = lived_in | {room.id for room in story.school.site.rooms if room.occupied != "never"}
    told = [
        one.name
        for one in story.campus.crowd.values()
        if any(all(names[room] in message.text for room in rooms) for message in one.got(NO_ANSWER))
    ]
    at = story.escalation_at
    return EscalationFact(
        rooms=rooms,
        silent=frozenset(room for room in occupied if first.get(room, at + 1) > at),
        answered=frozenset(room for room, when in first.items() if when < at - MARGIN),
        told=tuple(told),
    )


def _approvals(story: Story, picture: dict[str, Any]) -> tuple[Approval, ...]:
    """Those of two people, and the steps that one person let go."""
    steps = [
        Approval(event["data"]["what"], event["data"].get("first") or "", event["data"]["second"])
        for event in story.events
        if event.get("kind") == "approval_decided" and str(event["data"].get("what", "")).startswith("step ")
    ]
    pairs = [
        Approval(each["what"], each["first_name"] or "", each["second_name"] or "")
        for each in picture["approvals"]
        if each["state"] == "granted"
    ]
    return (*steps, *pairs)


def _moved(event: dict[str, Any], word: str) -> bool:
    return event.get("kind") == "incident_moved" and event.get("data", {}).get("word") == word


def _callbacks(story: Story) -> list[str]:
    """Signed callbacks of the provider that the daemon did not take."""
    refused = [status for _url, status in story.campus.twilio.answers if status >= 300 or status == 0]
    return [f"{len(refused)} callbacks of the SMS provider were not taken ({refused[0]})."] if refused else []
