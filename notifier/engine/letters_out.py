"""Writes a step's messages, chooses whom closing words reach, and empties the lanes before them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from notifier.engine.acknowledgements import people_answered
from notifier.engine.audience import Audience
from notifier.engine.closing_reach import closing_people
from notifier.engine.compose import NOT_KNOWN_YET, Words, message_for
from notifier.engine.deliveries import stop_body
from notifier.engine.desk import Desk
from notifier.engine.devices import Devices
from notifier.engine.lanes import Lanes
from notifier.engine.playbook_run import step_of
from notifier.engine.recall import report_recall_body
from notifier.engine.scene import Scene
from notifier.engine.steps.notify import CHUNK, facts_of, purpose_of
from notifier.engine.writing import decoded, write_step_body
from notifier.interfaces import Ledger
from notifier.model.delivery import DeliveryWord
from notifier.model.message import Message
from notifier.model.people import Person
from notifier.model.playbook import Notify
from notifier.model.step import Phase

IN_FLIGHT_PATIENCE = 0.25
"""Seconds that a recall waits for messages already on the wire, so that its report is exact."""
STOPPED_AT_ONCE = 256
"""Deliveries stopped per transaction: about 4 ms of writing, which is how long a press may have to wait behind it."""
SLICE = 250
"""People whose addresses are chosen between two turns of the loop: about 1 ms."""
WORDS_KEPT = 2000
"""Texts kept in memory: thousands of deliveries share a few."""


class LettersOut:
    def __init__(
        self, desk: Desk, ledger: Ledger, devices: Devices, lanes: Callable[[], Lanes], nudge: Callable[[str], None]
    ) -> None:
        self._desk, self._ledger, self._devices, self._lanes, self._nudge = desk, ledger, devices, lanes, nudge
        self._words: dict[str, Words] = {}

    async def step(self, scene: Scene, step_id: str, start: int = 0) -> None:
        """Write a step's messages in chunks; lanes send while later chunks are still being written."""
        await asyncio.sleep(0)  # after the first door, and after the answer to whoever pressed
        step = step_of(scene, step_id)
        assert step is not None
        assert step.notify is not None
        deed = step.notify
        people = self._people_for(scene, step_id, deed.to)
        audience = await self._audience(scene, people, deed)
        planned = [plan for plan in audience.planned if plan.rank == 0]
        letters = self._desk.letters(scene, deed, **self._live_facts(scene))
        facts = facts_of(audience)
        if letters.due is not None and (until := self._desk.quiet_until()) is not None:
            facts["held_until"] = until.isoformat(timespec="minutes")
        at: int | None = start
        while at is not None:
            begin = at
            links = self._desk.link_hashes(scene, Audience(planned[begin : begin + CHUNK]), letters)
            write = partial(write_step_body, scene, step_id, planned, letters, links, begin, facts)
            at = await self._ledger.run(write)
            self._lanes().wake()
        self._nudge(scene.incident)

    async def _audience(self, scene: Scene, people: Sequence[Person], deed: Notify) -> Audience:
        """A slice at a time: for 100,000 people the loop would stand still for half a second."""
        whole = Audience()
        for at in range(0, len(people), SLICE):
            purpose = purpose_of(scene, deed)
            part = self._desk.audience(scene, people[at : at + SLICE], deed.by, purpose=purpose)
            whole.planned += part.planned
            whole.unreachable += part.unreachable
            whole.opted_out += part.opted_out
            for why, left in part.left_out.items():
                whole.leave_out(why, left)
            await asyncio.sleep(0)
        return whole

    def _people_for(self, scene: Scene, step_id: str, selectors: Sequence[str]) -> tuple[Person, ...]:
        if scene.phase is not Phase.MAIN:
            return closing_people(self._desk, self._ledger, scene, step_id)
        unanswered = self.unanswered(scene) if "unanswered" in selectors else frozenset()
        return self._desk.people(scene, selectors, unanswered)

    def unanswered(self, scene: Scene) -> frozenset[str]:
        """People who were asked and of whom neither they nor their room's card has said anything (PRODUCT 5)."""
        asked = self._ledger.read("asked_people", site=scene.site, incident=scene.incident)
        answers = self._ledger.read("answers_of_incident", site=scene.site, incident=scene.incident)
        in_rooms = {room: [person.id for person in people] for room, people in scene.held.people_of_room.items()}
        answered, _need_help = people_answered(answers, in_rooms)
        return frozenset(row["person"] for row in asked) - answered

    def _live_facts(self, scene: Scene) -> dict[str, str]:
        """Doors by what is proven now: at second 0 they are neither secured nor not, and the words say so."""
        rows = self._ledger.read("doors_not_proven", site=scene.site, incident=scene.incident)
        late = [row["device"] for row in rows if row["state"] == "not_proven"]
        names = [scene.held.doors[door].title for door in late if door in scene.held.doors]
        if names:
            return {"doors_not_secured": ", ".join(names)}
        return {"doors_not_secured": NOT_KNOWN_YET} if rows else {}

    async def drain(self, scene: Scene) -> None:
        """Before closing words: everything that has not left is stopped, and what is on the wire is waited for."""
        word = DeliveryWord.RECALL if scene.phase is Phase.CORRECTION else DeliveryWord.EXPIRE
        await self._devices.speakers.silence(scene)
        stopped, more = 0, 1
        while more:
            more = await self._ledger.run(
                lambda: stop_body(scene.site, scene.incident, word, STOPPED_AT_ONCE, agencies_too=False)
            )
            stopped += more
        deadline = self._desk.clock.now() + IN_FLIGHT_PATIENCE
        while self._lanes().in_flight_of(scene.incident, Phase.MAIN) and self._desk.clock.now() < deadline:
            await self._desk.clock.sleep(0.01)
        if scene.phase is Phase.CORRECTION:
            await self._ledger.run(lambda: report_recall_body(scene.site, scene.incident, scene.run))

    async def stop_closing(self, incident: str) -> None:
        """Danger has returned: closing words that have not left stay here."""
        more = 1
        while more:
            more = await self._ledger.run(
                lambda: stop_body(
                    self._desk.site,
                    incident,
                    DeliveryWord.EXPIRE,
                    STOPPED_AT_ONCE,
                    agencies_too=True,
                    query="queued_closing",
                )
            )

    def message_of(self, row: Mapping[str, Any]) -> Message:
        words = self._words.get(row["words"])
        if words is None:
            kept = self._ledger.read("words_by_id", site=self._desk.site, id=row["words"])
            words = Words.from_row(decoded(kept[0]["body"]))
            if len(self._words) > WORDS_KEPT:
                self._words.clear()
            self._words[row["words"]] = words
        link = self._desk.link(row["incident"], row["person"]) if words.answers else ""
        gear = self._desk.gear
        return message_for(words, link, row["id"], heard=gear.takes_replies(row["lane"]), number=gear.reply_number)
