"""Everything beside our own buttons that starts a response: begun, ended and begun anew as the published site says.

One that fails disturbs no other and begins again; one whose far end is away is a trouble until it is heard.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from notifier import adapters
from notifier.clock import Clock
from notifier.engine.commands import EngineCommands
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.supervision import Kind
from notifier.interfaces import ButtonSeen, Pressed, TakesHooks, Trigger, TriggerTools
from notifier.model.incident import Activation, VerifyWindow
from notifier.model.rights import Caller, Right
from notifier.model.site import Button, TriggerEntry

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between looks whether another set of files was published."""
AGAIN = 5.0
"""Seconds until a trigger that has failed begins again."""
GRACE = 10.0
"""Seconds that a far end may be away before it is a trouble: a broker that restarts wakes nobody."""
BATTERY_LOW = 15.0
"""Percent: months are left in a coin cell then, and days in a cheap one."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The last sign of life of a device that presses."""

    at: float
    """Steady time."""
    battery: float | None
    here: bool


@dataclass(slots=True)
class _Running:
    entry: TriggerEntry
    trigger: Trigger
    task: asyncio.Task[None]


class Triggers:
    def __init__(
        self, engine: Orchestrator, commands: EngineCommands, clock: Clock, state_dir: str, public_url: str | None
    ) -> None:
        self._engine, self._commands, self._clock = engine, commands, clock
        self._state_dir, self._public_url = state_dir, public_url
        self._running: dict[str, _Running] = {}
        self._away: dict[str, asyncio.Task[None]] = {}
        self.seen: dict[str, Seen] = {}
        """By the id of the button or trigger: for supervision."""
        self.listening: set[str] = set()
        """Triggers whose far end is heard."""

    def hook(self, name: str) -> TakesHooks | None:
        """The trigger of this name, if its far end calls us."""
        running = self._running.get(name)
        return running.trigger if running is not None and isinstance(running.trigger, TakesHooks) else None

    async def run(self) -> None:
        """Until cancelled."""
        fitted: tuple[TriggerEntry, ...] | None = None
        try:
            while True:
                wanted = self._engine.desk.held.site.triggers
                if wanted != fitted:
                    await self._fit(wanted)
                    fitted = wanted
                await self._clock.sleep(LOOK_EVERY)
        finally:
            await self._end(*self._running)

    async def _fit(self, wanted: tuple[TriggerEntry, ...]) -> None:
        by_id = {entry.id: entry for entry in wanted}
        await self._end(*(name for name, each in self._running.items() if by_id.get(name) != each.entry))
        for entry in wanted:
            if entry.id not in self._running:
                await self._begin(entry)

    async def _begin(self, entry: TriggerEntry) -> None:
        try:
            kind = adapters.trigger(entry.driver)
            trigger = kind(entry, kind.Settings.model_validate(entry.settings), self._tools(entry))
        except Exception as error:
            log.exception("trigger %s cannot begin", entry.id)
            text = (
                f"{entry.name or entry.id} cannot begin: {type(error).__name__}. Check its settings in the site file."
            )
            await self._engine.trouble("trigger", entry.id, text)
            return
        human = bool(getattr(kind.Settings, "human", False))
        task = asyncio.create_task(self._listening(entry, trigger, partial(self._press, entry, human)))
        self._running[entry.id] = _Running(entry, trigger, task)

    async def _listening(self, entry: TriggerEntry, trigger: Trigger, press: Callable[..., object]) -> None:
        while True:
            try:
                await trigger.listen(press)  # type: ignore[arg-type]  # mypy loses the type of a partial
                why = "it ended"
            except Exception as error:
                log.exception("trigger %s failed", entry.id)
                why = type(error).__name__
            await self._engine.trouble(
                "trigger", entry.id, f"{entry.name or entry.id} failed ({why}) and begins again."
            )
            await self._clock.sleep(AGAIN)

    async def _press(self, entry: TriggerEntry, human: bool, activation: Activation) -> Pressed:
        window = entry.verify
        if window is not None and not human:
            activation = replace(activation, verify=VerifyWindow(window.ack, window.investigate))
        caller = Caller(activation.source, activation.presser or entry.name or entry.id, None, frozenset({Right.PRESS}))
        return await self._commands.press(activation, caller)

    async def _end(self, *names: str) -> None:
        for name in names:
            running = self._running.pop(name)
            running.task.cancel()
            await asyncio.gather(running.task, return_exceptions=True)
            self._heard_again(name)
            self.listening.discard(name)

    # ------------------------------------------------------------------------------------------------- what they say

    def _tools(self, entry: TriggerEntry) -> TriggerTools:
        desk = self._engine.desk

        def button(name: str) -> Button | None:
            return desk.held.buttons.get(name)

        def person(name: str) -> str | None:
            found = desk.held.people.get(name)
            return found.name if found is not None else None

        def playbook(name: str) -> str | None:
            found = desk.held.playbooks.get(name)
            return found.title if found is not None else None

        return TriggerTools(
            clock=self._clock,
            state_dir=self._state_dir,
            button=button,
            person=person,
            playbook=playbook,
            well=partial(self._well, entry.id),
            seen=self._sign_of_life,
            fault=lambda device, text: self._engine.spawn(self._engine.trouble("button", f"{device}:said", text)),
            public_url=self._public_url,
        )

    def _well(self, name: str, well: bool, text: str) -> None:
        if well:
            self._heard_again(name)
            return
        self.listening.discard(name)
        if name not in self._away:
            log.warning("%s", text)
            self._away[name] = asyncio.create_task(self._missed(name, text))

    async def _missed(self, name: str, text: str) -> None:
        await self._clock.sleep(GRACE)
        await self._engine.trouble("trigger", name, text)

    def _heard_again(self, name: str) -> None:
        self.listening.add(name)
        missed = self._away.pop(name, None)
        if missed is not None:
            missed.cancel()
        self._engine.spawn(self._engine.clear_trouble("trigger", name))

    def _sign_of_life(self, seen: ButtonSeen) -> None:
        before = self.seen.get(seen.device)
        battery = seen.battery if seen.battery is not None else (before.battery if before else None)
        self.seen[seen.device] = Seen(self._clock.now(), battery, seen.here)
        if seen.here:
            said = "" if battery is None else f"battery {battery:.0f} %"
            self._engine.desk.last_seen.saw(Kind.BUTTON, seen.device, self._clock.now(), said)
        if before is None or before.here != seen.here:
            gone = f"The button {seen.device} cannot be reached by its network: a press of it may not arrive."
            self._say(f"{seen.device}:gone", gone, raised=not seen.here)
        if seen.battery is not None and (before is None or before.battery != seen.battery):
            low = f"The battery of the button {seen.device} is at {seen.battery:.0f} %. Change it."
            self._say(f"{seen.device}:battery", low, raised=seen.battery <= BATTERY_LOW)

    def _say(self, subject: str, text: str, *, raised: bool) -> None:
        trouble, clear = self._engine.trouble, self._engine.clear_trouble
        self._engine.spawn(trouble("button", subject, text) if raised else clear("button", subject))
