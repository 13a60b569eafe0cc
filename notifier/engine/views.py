"""Read-only pictures of what is known, for the console. Plain JSON values; addresses are masked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from notifier.engine.answer_view import AnswerView
from notifier.engine.board_view import BoardView, DeliveryCounts
from notifier.engine.desk_views import DeskViews
from notifier.engine.drill_calendar import upcoming
from notifier.engine.endings import needs_two
from notifier.engine.inbound import Inbox
from notifier.engine.lists import StateLists
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.page_view import pages_of
from notifier.engine.proposals import Proposals
from notifier.engine.publishing import files_shown
from notifier.engine.readiness import Readiness
from notifier.engine.response_lists import ResponseLists
from notifier.engine.rungs import rung_of
from notifier.engine.site_facts import site_facts
from notifier.engine.telling import tell
from notifier.engine.timeline_pages import read_back, read_page
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ending
from notifier.model.events import EventKind
from notifier.model.facts import Event, Rows
from notifier.model.step import Phase


class EngineViews(DeskViews):
    """Implements `interfaces.Views`."""

    def __init__(self, engine: Orchestrator, inbox: Inbox) -> None:
        self._desk, self._ledger = engine.desk, engine.ledger
        super().__init__(engine)
        self._of = ResponseLists(engine.desk, engine.ledger)
        self._lists = StateLists(engine, self._equipment)
        self._readiness = Readiness(engine)
        self._board = BoardView(engine.desk, engine.ledger)
        self._delivery_counts = DeliveryCounts(engine.desk, engine.ledger)
        self._answers = AnswerView(engine, inbox)
        self._cards = inbox.cards
        self._proposals = Proposals(engine.desk, engine.ledger)

    # ----------------------------------------------------------------------------------------------------- incidents

    def incidents(self, *, open_only: bool, limit: int, after: str | None) -> Mapping[str, Any]:
        if open_only:
            rows = list(self._ledger.read("open_incidents", site=self._desk.site))
            return {"items": [self._brief(row) for row in rows[:limit]], "next": None}
        try:
            before = float(after) if after else 1e15
        except ValueError:
            raise Refused("`after` is no `next` of this list; send the `next` of the page before.", 400) from None
        rows = list(self._ledger.read("incidents_page", site=self._desk.site, before=before, limit=limit))
        more = repr(rows[-1]["raised_at"]) if len(rows) == limit else None
        return {"items": [self._brief(row) for row in rows], "next": more}

    def _brief(self, row: Mapping[str, Any]) -> dict[str, Any]:
        names = (
            "id", "code", "action", "title", "playbook", "publication", "run", "state", "scope", "zone", "severity",
            "raised_wall", "raised_by", "presser", "commander", "hand_off", "hand_off_who", "ended_by", "ended_how",
            "reason",
        )  # fmt: skip
        held = self._desk.held_of.get(row["publication"])
        book = held.playbooks.get(row["playbook"]) if held else None
        return {name: row[name] for name in names} | {
            "drill": bool(row["drill"]),
            "outside_paused": bool(row["outside_paused"]),
            "mistake_claimed": bool(row["mistake_claimed"]),
            "zone_name": held.zone_names.get(row["zone"] or "", "") if held else "",
            "audible": book.audible if book else True,
            **rung_of(self._desk, self._ledger, row),
            "two_people": [str(each) for each in Ending if needs_two(self._desk.held_of, row, each)],
        }

    def _row(self, incident: str) -> Mapping[str, Any]:
        rows = self._ledger.read("incident_by_id", site=self._desk.site, id=incident)
        if not rows:
            raise NotFound(f"There is no incident {incident}.")
        return rows[0]

    def incident(self, incident: str) -> Mapping[str, Any]:
        return self._picture(self._row(incident), self.doors(incident), self.rooms(incident))

    def board(self, incident: str) -> Mapping[str, Any]:
        row, doors, rooms = self._row(incident), self.doors(incident), self.rooms(incident)
        picture = self._picture(row, doors, rooms)
        newest = self._read_events(self._board.newest(incident))
        return {**picture, **self._board.beside(row), **self._board.items(doors, rooms), "newest": newest}

    def _picture(self, row: Mapping[str, Any], doors: Mapping[str, Any], rooms: Mapping[str, Any]) -> dict[str, Any]:
        incident, site = row["id"], self._desk.site
        steps = [
            {
                "id": step["id"],
                "run": step["run"],
                "phase": step["phase"],
                "deed": step["deed"],
                "state": step["state"],
                "approval": step["approval"],
                "level": step["level"],
                "detail": decoded(step["detail"]),
            }
            for step in self._ledger.read("steps_of_incident", site=site, incident=incident)
        ]
        commands = self._ledger.read("commands_full", site=site, incident=incident)
        return {
            **self._brief(row),
            "doors": doors["counts"],
            "doors_not_secured": doors["not_secured"],
            "deliveries": self._delivery_counts.of(incident),
            "steps": steps,
            "pages": pages_of(commands, self._desk.held_of.get(row["publication"])),
            "rooms": rooms["counts"],
            "tasks": self._tasks(self._ledger.read("tasks_of_incident", site=site, incident=incident)),
            "approvals": self._approvals(self._ledger.read("approvals_of_incident", site=site, incident=incident)),
            "presses": [
                {
                    "zone": each["zone"],
                    "playbook": each["playbook"],
                    "presser": each["presser"],
                    "source": each["source"],
                    "received": each["received_wall"],
                    "note": each["note"],
                }
                for each in self._ledger.read("activations_of_incident", site=site, incident=incident)
            ],
            "recorded": self._ledger.recorded,
        }

    def _tasks(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        names = ("id", "incident", "kind", "subject", "text", "state", "owner", "owner_name")
        return [{name: row[name] for name in names} for row in rows]

    def _approvals(self, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        names = ("id", "incident", "what", "state", "first", "first_name", "second", "second_name", "reason")
        return [{name: row[name] for name in names} for row in rows]

    def timeline(self, incident: str | None, *, limit: int, after: str | None) -> Mapping[str, Any]:
        if incident:
            self._row(incident)
        return self._page_of_events(read_page(self._ledger, self._desk.site, incident, limit=limit, after=after), limit)

    def timeline_back(self, incident: str, *, limit: int, before: str | None) -> Mapping[str, Any]:
        self._row(incident)
        return self._page_of_events(read_back(self._ledger, self._desk.site, incident, limit, before), limit)

    def _page_of_events(self, rows: Rows, limit: int) -> Mapping[str, Any]:
        following = f"{rows[-1]['node']}:{rows[-1]['n']}" if len(rows) == limit else None
        return {"items": self._read_events(self._board.once.of(rows)), "next": following}

    def _read_events(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for row in rows:
            kind, data = EventKind(row["kind"]), json.loads(row["payload"]).get("data", {}) if row["payload"] else {}
            if self._is_shown(kind, data):
                found.append(self._shown(row["node"], row["n"], kind, row["wall"], row["incident"], data))
        return found

    def _is_shown(self, kind: EventKind, data: Mapping[str, Any]) -> bool:
        """What only one person is shown goes with a fact that others see as well."""
        return kind is not EventKind.DURESS or not data.get("more")

    def _as_shown(self, kind: EventKind, data: Mapping[str, Any]) -> tuple[EventKind, Mapping[str, Any]]:
        if kind is EventKind.DURESS:  # the record says it; a screen that somebody is made to show does not
            return EventKind.APPROVAL_ASKED, {"what": data.get("what"), "first": data.get("first")}
        return kind, data

    def shown(self, event: Event) -> Mapping[str, Any]:
        return self._shown(event.node, event.n, event.kind, event.wall, event.incident, event.data)

    def _shown(
        self, node: str, n: int, kind: EventKind, wall: str, incident: str | None, data: Mapping[str, Any]
    ) -> dict[str, Any]:
        held = self._desk.current
        row = self._desk.incidents.get(incident or "")
        if row is not None:
            held = self._desk.held_of.get(row["publication"], held)
        kind, data = self._as_shown(kind, data)
        return {
            "cursor": f"{node}:{n}",
            "kind": str(kind),
            "wall": wall,
            "incident": incident,
            "text": tell(kind, data, held),
            "data": dict(data),
        }

    def cursor(self) -> str:
        return ",".join(f"{row['node']}:{row['n']}" for row in self._ledger.read("heads"))

    def deliveries(self, incident: str, *, state: str | None, limit: int, after: str | None) -> Mapping[str, Any]:
        self._row(incident)
        return self._of.deliveries(incident, state=state, limit=limit, after=after)

    def doors(self, incident: str | None) -> Mapping[str, Any]:
        return self._of.doors(None if incident is None else self._row(incident))

    def people(self, incident: str, *, limit: int, after: str | None, answer: str | None = None) -> Mapping[str, Any]:
        return self._of.people(self._row(incident), limit=limit, after=after, answer=answer)

    def rooms(self, incident: str) -> Mapping[str, Any]:
        return self._of.rooms(self._row(incident))

    # --------------------------------------------------------------------------------------------------------- state

    def state(self, what: str) -> Mapping[str, Any]:
        lists: dict[str, Callable[[], Any]] = {
            "speakers": self._equipment.speakers,
            "signals": self._equipment.signals,
            "cameras": self._equipment.cameras,
            "buttons": self._equipment.buttons,
            "channels": self._lists.channels,
            "troubles": self._lists.troubles,
            "readiness": self._readiness.items,
            "playbooks": self._lists.playbooks,
            "contacts": self._lists.contacts,
            "call_list": self._lists.call_list,
            "approvals": lambda: self._approvals(self._ledger.read("approvals_of_site", site=self._desk.site)),
            "tasks": lambda: self._tasks(self._ledger.read("tasks_open", site=self._desk.site)),
            "publications": self._lists.publications,
            "drills": lambda: upcoming(self._desk.held.site, self._desk.clock.wall()),
        }
        if what not in lists:
            raise NotFound(f"There is no list of {what}.")
        beside = {"reach": self._readiness.reach()} if what == "readiness" else {}
        return {"items": lists[what](), "next": None, **beside}

    def proposals(self) -> Sequence[Mapping[str, Any]]:
        return self._proposals.items()

    def proposal(self, approval: str) -> Mapping[str, Any]:
        return self._proposals.one(approval)

    def published_files(self, version: int | None, *, recordings: bool = False) -> Mapping[str, Any]:
        query = "publication_by_version" if version is not None else "last_publication"
        args = {"version": version} if version is not None else {}
        rows = self._ledger.read(query, site=self._desk.site, **args)
        if not rows:
            raise NotFound(f"There is no publication {version}." if version is not None else "Nothing is published.")
        return files_shown(rows[0], self._ledger.read("documents", site=self._desk.site), recordings=recordings)

    def answer_page(self, token: str) -> Mapping[str, Any]:
        return self._answers.page(token)

    def room_cards(self) -> Mapping[str, Any]:
        return self._cards.sheet()

    def site(self) -> Mapping[str, Any]:
        return site_facts(self._desk)

    def health(self) -> Mapping[str, Any]:
        recorded = self._ledger.recorded
        ready = self._desk.current is not None
        text = (
            "Ready."
            if ready and recorded
            else ("It runs, but nothing is being written down." if ready else "Nothing is published yet.")
        )
        return {
            "ready": ready,
            "recorded": recorded,
            "text": text,
            "site": self._desk.site if ready else None,
            "version": self._desk.current.version if self._desk.current else None,
            "open_incidents": len(self._desk.incidents),
            "phase": str(Phase.MAIN),
        }
