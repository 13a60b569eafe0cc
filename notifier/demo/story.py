"""The people of the story: what each does, when, and how long the story waits for what must come of it."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from notifier.campus.campus import Campus
from notifier.campus.crowd import Received, Somebody
from notifier.campus.door_model import LockFault
from notifier.demo.api import Answered, Api
from notifier.demo.cast import LAG, NO_SUCH_NUMBER, VISITOR, Answering, Cast
from notifier.files.load import Loaded

PATIENCE = 45.0
"""Seconds that the story waits for any one thing: well above what it takes, also on a machine that is busy."""
BETWEEN_ROOMS = 0.06
"""Seconds from one door to the next: a team releases rooms in a minute or more, the story has no minute."""

ASKED = "may the message"
NO_ANSWER = "no answer from"
ENDED = re.compile(r"lockdown ended|fin del lockdown|lockdown terminó", re.IGNORECASE)
"""What the closing messages of the demo's playbook have in common."""


@dataclass
class Story:
    """Plays once. `mishaps` and the moments are what `observing` looks at afterwards."""

    campus: Campus
    cast: Cast
    school: Loaded
    principal: Api
    commander: Api
    say: Callable[[str], None]
    press_path: str
    mishaps: list[str] = field(default_factory=list)
    incident: str = ""
    pressed_at: float = 0.0
    escalation_at: float | None = None
    card_at: float | None = None
    """When the visitor had written."""
    last_release: float | None = None
    doors: dict[str, Any] = field(default_factory=dict)
    """What the daemon said of the doors right before the all-clear was asked for."""
    truly_held: frozenset[str] = frozenset()
    """The campus' truth at that moment."""
    told: dict[str, list[str]] = field(default_factory=dict)
    """Door to who had a message by then that names it as not secured."""
    events: list[dict[str, Any]] = field(default_factory=list)
    """Filled by whoever follows the stream."""
    happened: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at each of them."""

    alerts: Counter[str] = field(default_factory=Counter)
    """Person to how many messages they have that do not speak of the end."""
    told_of_the_end: dict[str, float] = field(default_factory=dict)
    """Person to when their first closing message came, on the campus' clock."""
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(person, way) to how many closing messages came."""

    def prepare(self) -> None:
        """Break what is to be broken and tell people what they will do."""
        doors, crowd = self.campus.grounds.doors, self.campus.crowd
        doors[self.cast.jammed].fault = LockFault.JAMMED
        doors[self.cast.lying].fault = LockFault.LYING
        doors[self.cast.lagging].travel = LAG
        crowd.listeners.append(self._arrived)
        for person, answering in self.cast.answers.items():
            self._script(person, answering)
        for officer in self.cast.officers:
            crowd[officer].texts("On it", after=2.0, when="LOCKDOWN")
        for person in self.cast.dead_numbers:
            self.campus.sms.phone(self.school.people[person].addresses["sms"]).code = NO_SUCH_NUMBER

    async def play(self) -> None:
        """Raises Answered only if the press itself is refused."""
        clock = self.campus.clock
        self.pressed_at = clock.now()
        pressed = await self.principal.press(self.press_path)
        self.incident = pressed["incident"]
        self.say(
            f"pressed: incident {pressed['code']}, {'written down' if pressed['recorded'] else 'NOT WRITTEN DOWN'}"
        )
        beside = [self._visitor(), self._office(), self._officer(), self._principal_approves(), self._late_rooms()]
        await asyncio.gather(*beside)
        crowd = self.campus.crowd
        async with self._waits("everybody's answers"):
            await crowd.until(lambda: all(crowd[each].said for each in (*self.cast.answers, *self.cast.late)))
        families = {person.id for person in self.school.people.values() if "guardians" in person.groups}
        async with self._waits("the families' messages"):
            await crowd.until(lambda: families <= self.alerts.keys())
        async with self._waits("somebody to be told of the broken doors"):
            broken = [self._title(self.cast.jammed), self._title(self.cast.lying)]
            await crowd.until(lambda: all(self.named_to(title) for title in broken))
        await self._end()

    def named_to(self, title: str) -> list[str]:
        """Who has a message that names this door as not secured."""
        crowd = self.campus.crowd
        said = re.compile(rf"not secured[^\n]*{re.escape(title)}|{re.escape(title)}[^\n]*not secured", re.IGNORECASE)
        return [one.name for one in crowd.values() if any(said.search(message.text) for message in one.received)]

    # ------------------------------------------------------------------------------------------------ who does what

    async def _visitor(self) -> None:
        """Somebody in a room without staff reads the card on its wall."""
        await self.campus.clock.sleep(2.5)
        self.campus.twilio.person_texts(VISITOR, f"{self.cast.card} 1")
        self.card_at = self.campus.clock.now()

    async def _office(self) -> None:
        await self.campus.clock.sleep(1.5)
        await self._does("the office's call to 911", self.principal, "911", word="tell", who="911, call taker 14")

    async def _officer(self) -> None:
        """Takes the call, then command; by their own account."""
        crowd, officer = self.campus.crowd, self.cast.commander
        async with self._waits("the officer's message"):
            await crowd.until(lambda: bool(crowd[officer].got("LOCKDOWN")))
        await self.campus.clock.sleep(2.0)
        await self._does("accepting", self.commander, "911", word="accept", who=f"{crowd[officer].name}, unit 7")
        await self.campus.clock.sleep(1.5)
        await self._does("taking command", self.commander, "command")

    async def _principal_approves(self) -> None:
        crowd, principal = self.campus.crowd, self.cast.principal
        async with self._waits("the question whether families may be told"):
            await crowd.until(lambda: bool(crowd[principal].got(ASKED)))
            await self.campus.clock.sleep(1.2)
            await self._does("approving the families' message", self.principal, "steps/guardians/approve")

    async def _late_rooms(self) -> None:
        """Somebody outside is told of the silence, calls, and most of the silent rooms answer after all."""
        crowd = self.campus.crowd
        async with self._waits("the escalation"):
            await crowd.until(lambda: any(crowd[officer].got(NO_ANSWER) for officer in self.cast.officers))
        self.escalation_at = self.campus.clock.now()
        for person, answering in self.cast.late.items():
            self._script(person, answering)
            crowd.look_again(person)

    async def _end(self) -> None:
        self.doors = await self.principal.get(f"/incidents/{self.incident}/doors")
        self.truly_held = self.campus.grounds.secured(self.campus.clock.now())
        self.told = {each["door"]: self.named_to(each["title"]) for each in self.doors["not_secured"]}
        async with self._waits("the all-clear"):
            asked = await self.commander.post(self._path("all-clear"), {"reason": "Searched, nobody found"})
            self.say(f"{self.campus.crowd[self.cast.commander].name} asks for the all-clear: {asked['text']}")
            await self.campus.clock.sleep(1.0)
            await self.principal.post(f"/approvals/{asked['approval']}", {"grant": True})
            rooms = await self.principal.get(self._path("rooms"))
            for room in [room["id"] for room in rooms["items"] if room["occupied"]]:
                await self.campus.clock.sleep(BETWEEN_ROOMS)
                self.last_release = self.campus.clock.now()
                await self.commander.post(self._path("release"), {"rooms": [room]})
        async with self._waits("the end of the incident"):
            while not any(self._closes(event) for event in self.events):
                self.happened.clear()
                await self.happened.wait()
        crowd = self.campus.crowd
        async with self._waits("everybody's closing message"):
            await crowd.until(lambda: self.alerts.keys() <= self.told_of_the_end.keys())

    # ------------------------------------------------------------------------------------------------------- helpers

    def _arrived(self, somebody: Somebody, received: Received) -> None:
        if not somebody.id:
            return
        if ENDED.search(received.text):
            self.told_of_the_end.setdefault(somebody.id, self.campus.clock.now())
            self.ends[somebody.id, received.by] += 1
        else:
            self.alerts[somebody.id] += 1

    def _title(self, door: str) -> str:
        return next(one.title for one in self.school.site.doors if one.id == door)

    def _closes(self, event: dict[str, Any]) -> bool:
        return event.get("kind") == "incident_moved" and event.get("data", {}).get("to") == "closed"

    def _path(self, what: str) -> str:
        return f"/incidents/{self.incident}/{what}"

    def _script(self, person: str, answering: Answering) -> None:
        somebody = self.campus.crowd[person]
        (somebody.taps if answering.by == "push" else somebody.texts)(answering.say, after=answering.after)

    async def _does(self, what: str, caller: Api, path: str, **body: Any) -> None:
        try:
            await caller.post(self._path(path), body)
        except (Answered, OSError, TimeoutError) as error:
            self.mishaps.append(f"{what} was refused: {error}")

    @asynccontextmanager
    async def _waits(self, what: str) -> AsyncIterator[None]:
        """What does not come in time is a mishap; the story goes on, so that the summary can tell the rest."""
        try:
            async with asyncio.timeout(PATIENCE):
                yield
        except TimeoutError:
            self.mishaps.append(f"The story waited {PATIENCE:.0f} s for {what}, and it did not come.")
        except (Answered, OSError) as error:
            self.mishaps.append(f"{what[:1].upper()}{what[1:]}: {error}")
