"""Stories: a whole school, a whole incident, in the words of the people who live through it.

    async with story() as campus:
        campus.phone("Ben").expects_sms("LOCKDOWN").replies("1")
        campus.door("d7").jams()
        await campus.press("front-office")
        await campus.advance("90s")
        campus.door("d1").is_secured()
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.NOT_SECURED)
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()

The daemon is the real one, wired by itself, over a campus inside this process and on a clock that only the story
moves. A failure is an AssertionError whose text reads like a sentence. At its end a story fails too if somebody still
waits for a message that was promised, or if the daemon says that a part of the response failed.
"""

from __future__ import annotations

import asyncio
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from notifier.campus.in_process import InProcessCampus
from notifier.engine.commands import EngineCommands
from notifier.engine.held import Held
from notifier.interfaces import CallbackReply, Outcome, Pressed
from notifier.model.facts import Event
from notifier.model.incident import Activation
from notifier.model.people import Person
from notifier.model.rights import Caller, Right
from notifier.model.settings import NodeSettings, Secret, Sender
from notifier.testing.fake_clock import FakeClock, seconds
from notifier.testing.schools import small_school
from notifier.testing.story_log import StoryLog
from notifier.testing.story_people import PersonInStory, PhoneInStory
from notifier.testing.story_process import Process, StoryDaemon, attribute_tasks, outside
from notifier.testing.story_things import (
    CameraInStory,
    DoorInStory,
    FirePanelInStory,
    SenderInStory,
    SignalInStory,
    SpeakerInStory,
)

T = TypeVar("T")

SENDERS = {
    "push": Sender(channel="ntfy"),
    "sms": Sender(channel="twilio", uplink="cellular"),
    "email": Sender(channel="smtp_email"),
}
"""One of each kind, none limited."""

STORES: list[Callable[[], str]] = []
"""Where stories keep their record, if not in a file: the last of these names a new, empty database on a server."""

FAST_DISK = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # noqa: S108 a folder of its own in it
"""Where commits cost nothing, if the machine has it: what a disk does is the ledger's own tests' business."""


class DaemonDiedError(Exception):
    """The daemon was dropped before it answered."""


@dataclass
class Story:
    """One school, its daemon, and everybody around it. Made by `story`."""

    folder: Path
    clock: FakeClock
    settings: NodeSettings
    before_commit: Callable[[], None] = lambda: None
    """Runs on the writer's thread before each commit: what holds or breaks the store."""
    committed: Callable[[Sequence[Event]], None] = lambda _events: None
    """Hears each group of events right after its commit, before anybody acts on it (also of groups that left none but
    changed something); may call `dies`."""
    failover: bool = False

    def __post_init__(self) -> None:
        self.incident = ""
        """The one that was pressed last."""
        self.expectations: list[Callable[[], str]] = []
        """Each says what is still missing, or nothing."""
        self.log = StoryLog(self)
        self.fire_panel = FirePanelInStory(self)
        self.campus: InProcessCampus
        self.daemon: StoryDaemon
        self.process = Process()
        self._up = asyncio.Event()
        self._campus: InProcessCampus | None = None
        self._forever: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------------------------------------ who and what

    def door(self, door: str) -> DoorInStory:
        return DoorInStory(self, door)

    def speaker(self, speaker: str) -> SpeakerInStory:
        return SpeakerInStory(self, speaker)

    def signal(self, signal: str) -> SignalInStory:
        return SignalInStory(self, signal)

    def camera(self, camera: str) -> CameraInStory:
        return CameraInStory(self, camera)

    def sender(self, name: str) -> SenderInStory:
        return SenderInStory(self, name)

    def phone(self, who: str) -> PhoneInStory:
        """By id, name or first name."""
        return PhoneInStory(self, self.somebody(who))

    def person(self, who: str, *rights: Right) -> PersonInStory:
        """Somebody with an account; without `rights` named, one with every right."""
        return PersonInStory(self, self.somebody(who), frozenset(rights) or frozenset(Right))

    def somebody(self, who: str) -> Person:
        for person in self.held.people.values():
            if who in (person.id, person.name, person.name.split()[0]):
                return person
        raise AssertionError(f"There is nobody called {who} at {self.held.site.name}.")

    @property
    def held(self) -> Held:
        return self.daemon.engine.desk.held

    def now(self) -> float:
        """True time, in seconds."""
        return self.clock.machine.elapsed

    def row(self, incident: str = "") -> Mapping[str, Any]:
        """The incident as it stands in the ledger."""
        found = self.daemon.ledger.read("incident_by_id", site=self.held.id, id=incident or self.incident)
        assert found, "Nothing has been pressed yet."  # noqa: S101 a story's check
        return found[0]

    def is_(self, state: str, incident: str = "") -> None:
        row = self.row(incident)
        said = f"The incident {row['code']} ({row['title']}) should be {state}, and is {row['state']}."
        assert row["state"] == state, f"{said}\n{self.log.as_text()}"  # noqa: S101 a story's check

    # --------------------------------------------------------------------------------------------------- what happens

    async def press(self, button: str, *, late: str | float = 0.0, key: str = "", **said: Any) -> Pressed:
        """Somebody presses an enrolled button; `said` may name another playbook or zone. Settled afterwards."""
        pressed = await self.ask(lambda commands: self._press(commands, button, late, key, said))
        self.incident = pressed.incident or self.incident
        return pressed

    async def presses_at_once(self, *buttons: str) -> list[Pressed]:
        """Many fingers, one moment."""

        async def all_of_them(commands: EngineCommands) -> list[Pressed]:
            return await asyncio.gather(*(self._press(commands, button, 0.0, "", {}) for button in buttons))

        pressed = await self.ask(all_of_them)
        self.incident = pressed[-1].incident
        return pressed

    async def drill(
        self, playbook: str = "lockdown", zone: str | None = None, by: tuple[str, str | None] = ("Ada Abara", "ada")
    ) -> Pressed:
        """`by`: the name of who starts it, and which of the school's people that is."""
        caller = Caller("account:drills", *by, frozenset(Right))
        activation = Activation(uuid.uuid4().hex, caller.id, playbook, zone, drill=True, presser=caller.name)
        pressed = await self.ask(lambda commands: commands.press(activation, caller))
        self.incident = pressed.incident
        return pressed

    def _press(
        self, commands: EngineCommands, button: str, late: str | float, key: str, said: Mapping[str, Any]
    ) -> Coroutine[Any, Any, Pressed]:
        """As the console makes an activation of what a button sends."""
        known = self.held.buttons.get(button)
        caller = Caller(f"button:{button}", (known.name if known else "") or button, None, frozenset({Right.PRESS}))
        activation = Activation(
            uuid.uuid4().hex,
            caller.id,
            said.get("playbook") or (known.playbook if known else ""),
            said.get("zone") or (known.zone if known else None),
            note=said.get("note", ""),
            pressed_at=self.clock.machine.wall - seconds(late) if late else None,
            dedupe=key,
            presser=caller.name,
        )
        return commands.press(activation, caller)

    async def advance(self, span: str | float, until: Callable[[], bool] | None = None) -> None:
        """Let `span` pass, or less if `until` says so; a daemon that was dropped meanwhile starts again at once."""
        await self.clock.advance(span, self._look_after, until)

    async def ask(self, say: Callable[[EngineCommands], Coroutine[Any, Any, T]]) -> T:
        """Say something to the daemon, and wait for its answer as long as it takes, the clock going on.

        Raises DaemonDiedError if it was dropped before it answered.
        """
        asking = self.process.start(say(self.daemon.commands))
        await self.clock.settle()
        while not asking.done():
            await self.clock.tick()
        await self.clock.settle()
        if asking.cancelled():
            raise DaemonDiedError
        return asking.result()

    async def insists(self, deed: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Does it, and does it again when nobody answered because the daemon was dropped meanwhile."""
        while True:
            try:
                done = await deed()
            except DaemonDiedError:
                await self._look_after()
            else:
                await self._look_after()
                return done

    # ---------------------------------------------------------------------------------------------- end and new start

    def dies(self) -> None:
        """As by kill -9, at this very instant; may be called from `committed`."""
        self._up.clear()
        self.process.drop()
        self.daemon.book.die()

    async def restarts(self, after: str | float = 0.0, *, reboot: bool = False) -> None:
        """The daemon is dropped without any goodbye and starts again on the same store, `after` so much time."""
        self.dies()
        await self._buried()
        await self.clock.advance(after)
        if reboot:
            self.clock.machine.reboots()
        await self.opens()

    async def opens(self) -> None:
        """Start the daemon; again, as often as it is dropped before it is ready."""
        while True:
            self.process = Process()
            clock = FakeClock(self.clock.machine)
            self.daemon = StoryDaemon(
                self.folder,
                self.settings,
                clock,
                self._campus_for,
                self._before_commit,
                self._committed,
                failover=self.failover,
            )
            opening = self.process.start(self.daemon.open())
            await asyncio.wait({opening})
            if not opening.cancelled():
                break
            await self._buried()
        opening.result()
        self.clock.watched = [self.daemon.book]
        self.clock.open_work = self._open_work
        if self._campus is not None and not hasattr(self, "campus"):
            await self._open_campus(self._campus)
        self._forever = self.process.start(self.daemon.forever())
        self._up.set()
        await self.clock.settle()

    async def closes(self) -> None:
        """The end of the story."""
        self.dies()
        await self._buried()
        if hasattr(self, "campus"):
            await self.campus.close()

    def _before_commit(self) -> None:
        self.before_commit()

    def _committed(self, events: Sequence[Event]) -> None:
        self.committed(events)

    async def _buried(self) -> None:
        self.clock.watched = []
        await self.process.gone()
        await self.daemon.bury()

    async def _look_after(self) -> None:
        if not self.process.alive:
            await self._buried()
            await self.opens()
        if self._forever is not None and self._forever.done() and not self._forever.cancelled():
            self._forever.result()

    def _campus_for(self, held: Held) -> InProcessCampus:
        if self._campus is None:
            self._campus = InProcessCampus(self.clock, held, self.settings.senders)
        return self._campus

    async def _open_campus(self, campus: InProcessCampus) -> None:
        self.campus = campus
        for sms in campus.sms.values():
            sms.listeners[:] = [outside(listener) for listener in sms.listeners]
        for push in campus.push.values():
            push.listeners[:] = [outside(listener) for listener in push.listeners]
        for mail in campus.mail.values():
            mail.listeners[:] = [outside(listener) for listener in mail.listeners]
        await campus.open(self._reported, self._answered)

    async def _reported(self, sender: str, reply: CallbackReply) -> None:
        await self._insist(lambda commands: commands.reported(sender, reply))

    async def _answered(self, token: str, answer: str, text: str) -> Outcome:
        return await self._insist(lambda commands: commands.answer(token, answer, text))

    async def _insist(self, say: Callable[[EngineCommands], Coroutine[Any, Any, T]]) -> T:
        """Providers and phones try again when nobody answers."""
        while True:
            await self._up.wait()
            saying = self.process.start(say(self.daemon.commands))
            await asyncio.wait({saying})
            if not saying.cancelled():
                return saying.result()
            if self.process.alive:
                raise DaemonDiedError

    def _open_work(self) -> str:
        engine = self.daemon.engine
        lanes = ", ".join(f"{lane.busy} by {lane.name}" for lane in engine.lanes if lane.busy)
        parts = {
            "messages in flight": lanes,
            "devices being commanded": engine.devices.busy,
            "messages being asked about": engine.lost.busy,
            "news not taken yet": self.campus.busy + self.campus.crowd.busy,
        }
        return ", ".join(f"{name}: {count}" for name, count in parts.items() if count)

    def end(self) -> None:
        """What must be true of every story that has come to its end."""
        missing = [said for expectation in self.expectations if (said := expectation())]
        assert not missing, " ".join(missing)  # noqa: S101 a story's check
        failed = [*self.campus.failed, *self.campus.crowd.failed]
        assert not failed, "The daemon did not take what it was told: " + "; ".join(failed)  # noqa: S101 see above
        self.log.tells_no_fault_of_ours()


@asynccontextmanager
async def story(
    files: Mapping[str, bytes] | None = None,
    *,
    senders: Mapping[str, Sender] = SENDERS,
    failover: bool = False,
    commit_patience: float = 0.25,
    before_commit: Callable[[], None] = lambda: None,
    committed: Callable[[Story, Sequence[Event]], None] = lambda _story, _events: None,
) -> AsyncIterator[Story]:
    """A running daemon for `files` (the small school without them) and the campus around it.

    `senders`: in order of preference for their kind of address. `failover`: with the ledger that goes on in memory when
    a commit has not returned within `commit_patience` real seconds; else a busy machine is never taken for a broken
    disk. `before_commit` and `committed` are those of `Story`, from the first start on.
    """
    attribute_tasks(asyncio.get_running_loop())
    with tempfile.TemporaryDirectory(prefix="story-", dir=FAST_DISK) as made:
        folder = Path(made)
        for path, raw in (small_school() if files is None else files).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(raw)
        settings = NodeSettings(senders=dict(senders)).model_copy(update={"commit_patience": commit_patience})
        if STORES:
            settings = settings.model_copy(update={"store": Secret(STORES[-1]())})
        told = Story(folder, FakeClock(), settings, before_commit, failover=failover)
        told.committed = lambda events: committed(told, events)
        try:
            await told.opens()
            yield told
            told.end()
        finally:
            await told.closes()
            asyncio.get_running_loop().set_task_factory(None)
