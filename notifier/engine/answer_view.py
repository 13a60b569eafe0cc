"""What a person sees who opens their answer link: who they are told to be, what is asked, what they have answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.engine.browsers import push_key
from notifier.engine.inbound import Inbox
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.room_cards import is_card
from notifier.engine.rungs import rung_of
from notifier.errors import NotFound
from notifier.model.incident import IncidentState
from notifier.model.step import TaskState


class AnswerView:
    def __init__(self, engine: Orchestrator, inbox: Inbox) -> None:
        self._desk, self._ledger, self._inbox = engine.desk, engine.ledger, inbox

    def page(self, token: str) -> Mapping[str, Any]:
        if is_card(token):
            return self._card(token)
        link = self._inbox.link_row(token)
        row = self._ledger.read("incident_by_id", site=self._desk.site, id=link["incident"])[0]
        held = self._desk.held_for(row["publication"])
        person = held.people.get(link["person"])
        if person is None:
            raise NotFound("This link is not known any more.")
        answers = [
            each
            for each in self._ledger.read("answers_of_incident", site=self._desk.site, incident=row["id"])
            if each["person"] == person.id and each["answer"] != "not_me"
        ]
        answered = (
            {"answer": answers[-1]["answer"], "text": answers[-1]["text"], "at": answers[-1]["wall"]}
            if answers
            else None
        )
        task = self._ledger.read("task_by_id", site=self._desk.site, id=f"help:{row['id']}:{person.id}")
        taken = {"by": task[0]["owner_name"], "at": task[0]["moved_at"]} if task and task[0]["owner_name"] else None
        if taken is not None and isinstance(taken["at"], float):
            taken["at"] = self._wall_of(taken["at"])
        room = held.rooms.get(person.room or "")
        return {
            "site": held.site.name,
            "timezone": held.site.timezone,
            "code": row["code"],
            "beside": self._beside(row["id"]),
            "action": row["action"],
            "drill": bool(row["drill"]),
            "started": rung_of(self._desk, self._ledger, row)["began"],
            "over": row["state"] == IncidentState.CLOSED,
            "push_key": push_key(self._desk.gear.channels.values()),
            "name": person.name,
            "room": room.name or room.id if room else None,
            "language": person.language,
            "languages": sorted({*held.site.languages, "en"}),
            "directive": {},
            "answers": list(self._inbox.answers_asked(row["id"])),
            "answered": answered,
            "taken": taken,
            "help_open": self._help_open(row["id"], person.id),
        }

    def _card(self, token: str) -> Mapping[str, Any]:
        """A room's card answers whatever is open; while nothing is, the page says so (`waiting`)."""
        cards = self._inbox.cards
        room, row = cards.room_of(token), cards.open_incident()
        held = self._desk.held
        picture = {
            "site": held.site.name,
            "timezone": held.site.timezone,
            "name": room.name or room.id,
            "room": room.name or room.id,
            "card": True,
            "waiting": row is None,
            "language": next(iter(held.site.languages), "en"),
            "languages": sorted({*held.site.languages, "en"}),
            "directive": {},
            "answered": None,
            "taken": None,
            "over": False,
        }
        if row is None:
            return {**picture, "code": "", "action": "other", "drill": False, "started": "", "answers": []}
        said = [
            each
            for each in self._ledger.read("answers_of_incident", site=self._desk.site, incident=row["id"])
            if each["room"] == room.id and not each["person"]
        ]
        last = said[-1] if said else None
        return {
            **picture,
            "code": row["code"],
            "beside": self._beside(row["id"]),
            "action": row["action"],
            "drill": bool(row["drill"]),
            "started": rung_of(self._desk, self._ledger, row)["began"],
            "answers": list(self._inbox.answers_asked(row["id"])),
            "answered": last and {"answer": last["answer"], "text": last["text"], "at": last["wall"]},
            "help_open": self._help_open(row["id"], room.id),
        }

    def _help_open(self, incident: str, whose: str) -> bool:
        task = self._ledger.read("task_by_id", site=self._desk.site, id=f"help:{incident}:{whose}")
        return bool(task) and task[0]["state"] != TaskState.DONE

    def _beside(self, incident: str) -> list[Mapping[str, Any]]:
        """What else is open: then a page says which one it answers."""
        others = [row for row in self._desk.incidents.values() if row["id"] != incident]
        return [
            {
                "code": row["code"],
                "action": row["action"],
                "drill": bool(row["drill"]),
                "started": rung_of(self._desk, self._ledger, row)["began"],
            }
            for row in sorted(others, key=lambda row: float(row["raised_at"]))
        ]

    def _wall_of(self, steady: float) -> str:
        wall = self._desk.clock.wall()
        ago = self._desk.clock.now() - steady
        return type(wall).fromtimestamp(wall.timestamp() - ago, wall.tzinfo).isoformat(timespec="seconds")
