"""What the record tells of a story: events in their order, tasks, troubles, deliveries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notifier.model.events import EventKind

if TYPE_CHECKING:
    from notifier.testing.story import Story


class StoryLog:
    """Reads the ledger of a story. Each check fails with a sentence and the timeline."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def read(self, query: str, **args: Any) -> Sequence[Mapping[str, Any]]:
        return self._story.daemon.ledger.read(query, site=self._story.held.id, **args)

    def events(self, incident: str = "") -> list[tuple[EventKind, Mapping[str, Any]]]:
        """(kind, data) of an incident's events, oldest first; the story's own incident without a name."""
        rows = self.read("events_of_incident", incident=incident or self._story.incident, node="", n=0, limit=100_000)
        return [(EventKind(row["kind"]), json.loads(row["payload"])["data"]) for row in rows]

    def all_events(self) -> list[tuple[EventKind, Mapping[str, Any]]]:
        """(kind, data) of everything at this site."""
        rows = self.read("events_of_site", node="", n=0, limit=100_000)
        return [(EventKind(row["kind"]), json.loads(row["payload"])["data"]) for row in rows]

    def told(self, kind: EventKind, incident: str = "") -> list[Mapping[str, Any]]:
        """The data of every event of this kind."""
        return [data for each, data in self.events(incident) if each is kind]

    def tells(self, *kinds: EventKind) -> None:
        """These happened in this order, whatever else happened between them."""
        left = list(kinds)
        for kind, _ in self.events():
            if left and kind is left[0]:
                left.pop(0)
        assert not left, f"The record does not tell of '{left[0]}' there.\n{self.as_text()}"  # noqa: S101 a story's check

    def never_tells(self, kind: EventKind) -> None:
        said = f"The record tells of '{kind}', which should not have happened.\n{self.as_text()}"
        assert not self.told(kind), said  # noqa: S101 a story's check

    def as_text(self) -> str:
        shown = self._story.daemon.views.timeline(self._story.incident or None, limit=500, after=None)["items"]
        return "\n".join(f"  {item['wall'][11:23]} {item['kind']}: {item['text']}" for item in shown)

    def tasks(self, kind: str, state: str = "") -> list[Mapping[str, Any]]:
        """Tasks of a kind, of every incident."""
        rows = self._story.daemon.ledger.read(
            "tasks_of_incident", site=self._story.held.id, incident=self._story.incident
        )
        rows = [*rows, *(row for row in self.read("tasks_open") if row["incident"] is None)]
        return [row for row in rows if row["kind"] == kind and state in ("", row["state"])]

    def has_task(self, kind: str, text: str = "") -> Mapping[str, Any]:
        """A task of this kind with `text` in it; returns it."""
        found = [row for row in self.tasks(kind) if text in row["text"]]
        others = [row["text"] for row in self.tasks(kind)]
        assert found, f"There is no task '{kind}' that says {text!r}; there is {others}."  # noqa: S101 a story's check
        return found[0]

    def has_trouble(self, kind: str, subject: str = "") -> Mapping[str, Any]:
        found = [row for row in self.read("troubles") if row["kind"] == kind and subject in row["subject"]]
        known = [row["id"] for row in self.read("troubles")]
        assert found, f"There is no trouble '{kind}' of {subject!r}; there is {known}."  # noqa: S101 a story's check
        return found[0]

    def has_no_trouble(self, kind: str) -> None:
        found = [row["text"] for row in self.read("troubles") if row["kind"] == kind]
        assert not found, f"There should be no trouble '{kind}': {found}."  # noqa: S101 a story's check

    def tells_no_fault_of_ours(self) -> None:
        """No part of the daemon broke on the way."""
        faults = [data for kind, data in self.all_events() if kind is EventKind.TROUBLE_RAISED]
        ours = [data["text"] for data in faults if data["kind"] == "our_fault"]
        assert not ours, f"A part of the daemon broke: {'; '.join(ours)}"  # noqa: S101 a story's check

    def deliveries(self, incident: str = "", **wanted: Any) -> list[Mapping[str, Any]]:
        """Delivery rows of the incident whose columns are as wanted (`step="staff", kind="sms"`)."""
        rows = self.read("deliveries_page", incident=incident or self._story.incident, after="", limit=1_000_000)
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    def steps(self, incident: str = "") -> dict[str, str]:
        """Step to state; those of closing lists as `all_clear/ID` and `correction/ID`. Of several runs the last."""
        rows = self.read("steps_of_incident", incident=incident or self._story.incident)
        return {
            row["id"] if row["phase"] == "main" else f"{row['phase']}/{row['id']}": str(row["state"]) for row in rows
        }

    async def verifies(self) -> None:
        """The chain is whole, its seals fit, and the tables are what its events say."""
        await self._story.daemon.ledger.seal()
        found = [each for each in await self._story.daemon.ledger.verify() if each.fault]
        assert not found, f"The record does not verify: {'; '.join(map(str, found))}"  # noqa: S101 a story's check
