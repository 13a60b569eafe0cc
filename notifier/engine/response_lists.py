"""Whom and what a response is about, and what is known of each: doors, rooms, people, messages. Addresses masked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.acknowledgements import people_answered, silent_rooms
from notifier.engine.desk import Desk
from notifier.interfaces import Ledger
from notifier.model.door import CommandState, Lock
from notifier.model.facts import Rows
from notifier.model.people import Person, masked
from notifier.model.site import Door, Room

Row = Mapping[str, Any]
ROOMS_FIRST = {"need_help": 0, "unknown": 1, "secured": 2, "released": 3}


class ResponseLists:
    """Each list of one incident, by its row; doors also without one."""

    def __init__(self, desk: Desk, ledger: Ledger) -> None:
        self._desk, self._ledger = desk, ledger

    # ------------------------------------------------------------------------------------------------------ messages

    def deliveries(self, incident: str, *, state: str | None, limit: int, after: str | None) -> dict[str, Any]:
        """One page of messages, of one state if it is named."""
        args: dict[str, Any] = {"site": self._desk.site, "incident": incident, "after": after or "", "limit": limit}
        query = "deliveries_page"
        if state:
            query, args["state"] = "deliveries_page_in_state", state
        items = [self._delivery(row) for row in self._ledger.read(query, **args)]
        return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}

    def _delivery(self, row: Row) -> dict[str, Any]:
        people = self._desk.held.people
        return {
            "id": row["id"],
            "phase": row["phase"],
            "step": row["step"],
            "level": row["level"],
            "person": row["person"],
            "name": people[row["person"]].name if row["person"] in people else row["person"],
            "kind": row["kind"],
            "address": masked(row["address"]),
            "sender": row["lane"],
            "state": row["state"],
            "attempts": row["attempt"],
            "reason": row["reason"],
            "detail": row["detail"],
            "language": row["language"],
        }

    # --------------------------------------------------------------------------------------------------------- doors

    def doors(self, incident: Row | None) -> dict[str, Any]:
        """Commanded and sensed are two columns. Not known counts as not secured and stands first."""
        known = {row["id"]: row for row in self._ledger.read("doors_of_site", site=self._desk.site)}
        held, commands = self._desk.held, dict[str, Row]()
        if incident is not None:
            held = self._desk.held_for(incident["publication"])
            written = self._ledger.read("commands_full", site=self._desk.site, incident=incident["id"])
            commands = {each["device"]: each for each in written if each["kind"] == "door" and each["verb"] == "secure"}
        items = [_door(door, known.get(door.id), commands.get(door.id)) for door in held.site.doors]
        open_ones = [item for item in items if item["command"] is not None and item["lock"] != Lock.SECURED]
        not_secured = [_not_secured(item) for item in open_ones]
        items.sort(key=lambda item: (item["lock"] == Lock.SECURED, item["id"]))
        commanded = sum(item["command"] is not None for item in items)
        return {
            "items": items,
            "next": None,
            "not_secured": not_secured,
            "counts": {
                "commanded": commanded,
                "secured": commanded - len(not_secured),
                "not_secured": len(not_secured),
            },
        }

    # -------------------------------------------------------------------------------------------------------- people

    def people(self, incident: Row, *, limit: int, after: str | None, answer: str | None = None) -> dict[str, Any]:
        """Everybody of its publication, by id, with their newest answer."""
        held = self._desk.held_for(incident["publication"])
        latest = {each["person"]: each for each in self._answers(incident) if each["person"]}
        gone = {(each["kind"], each["address"]) for each in self._ledger.read("opt_outs", site=self._desk.site)}
        names = sorted(person.id for person in held.everybody if not after or person.id > after)
        if answer is not None:
            names = [name for name in names if name in latest and latest[name]["answer"] == answer]
        items = []
        for name in names[:limit]:
            person = held.people[name]
            phone_gone = any((kind, address) in gone for kind, address in person.addresses.items())
            items.append({**_person(person, latest.get(name)), "phone_gone": phone_gone})
        return {"items": items, "next": names[limit - 1] if len(names) > limit else None}

    # --------------------------------------------------------------------------------------------------------- rooms

    def rooms(self, incident: Row) -> dict[str, Any]:
        """Who needs help stands first, then what nothing is known of."""
        held, answers = self._desk.held_for(incident["publication"]), self._answers(incident)
        rows = self._ledger.read("rooms_of_incident", site=self._desk.site, incident=incident["id"])
        known = {each["id"]: each for each in rows}
        in_rooms = {room: [person.id for person in group] for room, group in held.people_of_room.items()}
        released = frozenset(room for room, each in known.items() if each["state"] == "released")
        silent = set(silent_rooms(held.occupied_rooms, in_rooms, answers, released))
        items = [
            {
                **_room(room, known.get(room.id)),
                "occupied": room.id in held.occupied_rooms,
                "silent": room.id in silent,
                "people": len(in_rooms.get(room.id, ())),
            }
            for room in held.site.rooms
        ]
        items.sort(key=lambda item: (ROOMS_FIRST[str(item["state"])], item["id"]))
        return {"items": items, "next": None, "counts": _counts(items, silent, answers, in_rooms)}

    def _answers(self, incident: Row) -> Rows:
        return self._ledger.read("answers_of_incident", site=self._desk.site, incident=incident["id"])


def _door(door: Door, row: Row | None, command: Row | None) -> dict[str, Any]:
    return {
        "id": door.id,
        "title": door.title,
        "zone": door.zone,
        "side": door.side,
        "lock": row["lock"] if row else str(Lock.UNKNOWN),
        "leaf": row["leaf"] if row else "unknown",
        "commanded": row["commanded"] if row else None,
        "sensed_how": row["sensed_how"] if row else None,
        "held_by": row["held_by"] if row else None,
        "commandable": door.commandable,
        "sensor": door.can_be_proven,
        "command": command["state"] if command else None,
        "tries": command["tries"] if command else 0,
    }


def _not_secured(item: Row) -> dict[str, Any]:
    return {
        "door": item["id"],
        "title": item["title"],
        "lock": item["lock"],
        "reason": item["sensed_how"] or "no answer",
        "pending": item["command"] == CommandState.SENDING,
    }


def _person(person: Person, said: Row | None) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "room": person.room,
        "roles": sorted(person.roles),
        "groups": sorted(person.groups),
        "on_site": person.on_site,
        "language": person.language,
        "answer": said["answer"] if said else None,
        "text": said["text"] if said else "",
        "answered": said["wall"] if said else None,
        "channel": said["channel"] if said else None,
        "addresses": {kind: masked(address) for kind, address in person.addresses.items()},
    }


def _room(room: Room, row: Row | None) -> dict[str, Any]:
    return {
        "id": room.id,
        "name": room.name or room.id,
        "zone": room.zone,
        "state": row["state"] if row else "unknown",
        "by": row["by_whom"] if row else None,
    }


def _counts(items: Sequence[Row], silent: set[str], answers: Rows, in_rooms: Mapping[str, list[str]]) -> dict[str, int]:
    occupied = [item for item in items if item["occupied"]]
    answered, need_help = people_answered(answers, in_rooms)
    return {
        "occupied": len(occupied),
        "released": sum(item["state"] == "released" for item in occupied),
        "silent": len(silent),
        "need_help": sum(item["state"] == "need_help" for item in items),
        "answered": len(answered),
        "people_need_help": len(need_help),
    }
