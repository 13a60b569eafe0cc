"""The verbs that people and programs may say to the engine."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier.engine.approvals import MESSAGE, PUBLISH
from notifier.engine.browsers import register_body, subscription_address
from notifier.engine.closing import Person
from notifier.engine.contact_check import ContactChecks, ContactVerbs
from notifier.engine.ending_verbs import EndingVerbs
from notifier.engine.held import Held
from notifier.engine.inbound import Inbox
from notifier.engine.intake import press_body
from notifier.engine.live_pages import LivePages, PageVerbs
from notifier.engine.mistaken import NOT_CONFIRMED
from notifier.engine.moves import (
    acknowledge_trouble_body,
    approve_step_body,
    claim_mistake_body,
    confirm_door_body,
    hand_off_body,
    late_decision_body,
    note_body,
    open_door_body,
    pause_outside_body,
    take_command_body,
)
from notifier.engine.orchestrator import Orchestrator
from notifier.engine.plan import plan_of
from notifier.engine.publisher import Publisher
from notifier.engine.supervision import Kind
from notifier.engine.task_verbs import TaskVerbs
from notifier.engine.trying import Trying, TryVerbs
from notifier.engine.typed_messages import TypedMessages
from notifier.engine.unverified import verify_decision_body
from notifier.engine.walk_tests import told, walk_test_body
from notifier.engine.writing import write_extra_body
from notifier.errors import AdapterError, NotFound, Refused
from notifier.interfaces import CallbackReply, Ending, Outcome, Pressed
from notifier.model.events import EventKind
from notifier.model.facts import Body
from notifier.model.incident import Activation, UnverifiedWord
from notifier.model.rights import Caller, Right
from notifier.model.step import Phase

PLANNED_AT_ONCE = 200
"""People up to whom a plan takes a few milliseconds; 20,000 take a third of a second, and a press would wait for it."""


class EngineCommands(PageVerbs, TryVerbs, TaskVerbs, ContactVerbs):
    """Implements `interfaces.Commands`. Rights to the route are checked by the console; who counts as whom, here."""

    def __init__(
        self,
        engine: Orchestrator,
        load: Callable[[Mapping[str, bytes], int], Awaitable[Held]],
        equip: Callable[[Held], Any],
    ) -> None:
        """`load` turns files into a publication (raises SetupError); `equip` gets drivers ready for it."""
        self._engine, self._desk, self._ledger = engine, engine.desk, engine.ledger
        self.publisher = Publisher(engine, load, equip)
        self.inbox = Inbox(engine)
        self.endings = EndingVerbs(engine)
        self.live = LivePages(engine)
        self.typed = TypedMessages(engine)
        self.trying = Trying(engine)
        self.checks = ContactChecks(engine)
        self._planning = asyncio.Lock()
        self._plans: dict[Any, asyncio.Task[Mapping[str, Any]]] = {}
        """By what they are of: those that somebody waits for."""

    # --------------------------------------------------------------------------------------------------------- start

    async def press(self, activation: Activation, caller: Caller) -> Pressed:
        """A press with anything unknown in it falls back to what is sure, and says so; it is never refused for that.

        A drill has time to be asked for again: one for a place that is not there raises NotFound.
        """
        held = self._desk.held
        problems = list(activation.problems)
        playbook, zone = activation.playbook, activation.zone
        if playbook not in held.playbooks:
            fallback = self._own_playbook(activation, held)
            if playbook or held.device(activation.source) is None:
                problems.append(f"unknown playbook {playbook!r}; {fallback} was started")
            playbook = fallback
        if zone is not None and zone not in held.zone_names:
            if activation.drill:
                known_zones = ", ".join(sorted(held.zone_names))
                raise NotFound(f"There is no zone {zone!r}; no drill was started. There are: {known_zones}.")
            button = held.device(activation.source)
            problems.append(f"unknown zone {zone!r}")
            zone = button.zone if button else None
        known = replace(
            activation,
            playbook=playbook,
            zone=zone,
            note=activation.note[:500],
            dedupe=activation.dedupe[:200],
            presser=activation.presser or caller.name,
            problems=tuple(problems),
        )
        intake = await self._engine.press(known, incident_id=secrets.token_hex(8))
        for problem in problems:
            self._engine.spawn(self._engine.trouble("press", known.source, f"A press from {known.source}: {problem}."))
        return Pressed(intake.activation, intake.incident, intake.code, intake.joined, self._ledger.recorded, problems)

    def _own_playbook(self, activation: Activation, held: Held) -> str:
        """The device's own; else the lockdown, because the press said that something is wrong."""
        button = held.device(activation.source)
        if button is not None and (button.playbook or "") in held.playbooks:
            return button.playbook or ""
        if activation.source.startswith("account:") or activation.drill:
            raise NotFound(
                f"There is no playbook {activation.playbook!r}. There are: {', '.join(sorted(held.playbooks))}."
            )
        return next(
            (name for name, each in held.playbooks.items() if each.action == "lockdown"), next(iter(held.playbooks))
        )

    # ----------------------------------------------------------------------------------------------------------- end

    async def end(self, incident: str, ending: Ending, caller: Caller, reason: str, *, duress: bool = False) -> Outcome:
        who = self._person(caller)
        if ending is Ending.MISTAKE and not duress:
            await self.claim_mistake(incident, caller)
        return await self.endings.end(incident, ending, who, reason, duress=duress)

    async def decide(
        self,
        approval: str,
        caller: Caller,
        grant: bool,
        *,
        reauthenticated: bool = False,
        duress: bool = False,
        reason: str = "",
    ) -> Outcome:
        who, row = self._person(caller), self._asked(approval)
        what = row.get("what", "")
        if what == PUBLISH:
            self._must(caller, Right.PUBLISH)
            if duress:
                raise Refused("Publishing asks for no code; prove again who you are instead. Nothing was done.")
            return await self.publisher.decide(approval, who, grant, reason)
        if what == MESSAGE:
            self._must(caller, Right.OPERATE, Right.COMMAND)
            return await self.typed.decide(row, who, grant, reason, duress=duress)
        may = caller.may(Right.COMMAND, self._desk.site)
        return await self.endings.decide(approval, who, grant, may, reauthenticated=reauthenticated, duress=duress)

    async def claim_mistake(self, incident: str, caller: Caller) -> Outcome:
        """Outside audiences wait at once; office and police hear "not confirmed"; doors and PA stay as they are."""
        desk, row = self._desk, self._engine.open_incident(incident)
        if row is None:
            raise NotFound(f"There is no open incident {incident}.")
        scene = desk.scene(row, row["run"], Phase.MAIN, row["playbook"], row["zone"])
        audience = desk.audience(scene, desk.people(scene, NOT_CONFIRMED.to), NOT_CONFIRMED.by, at_once=True)
        letters = desk.letters(scene, NOT_CONFIRMED)
        links = desk.link_hashes(scene, audience, letters)
        kind, data = EventKind.DELIVERIES_QUEUED, {"by": caller.name}

        def body() -> Body[None]:
            """The claim and its messages are one: nobody may be left untold."""
            at, may = desk.moment(), self._operates(caller)
            if (yield from claim_mistake_body(desk.site, incident, caller.id, caller.name, at, operator=may)):
                yield from write_extra_body(scene, "_mistake", 0, audience.planned, letters, links, kind, data)

        await self._ledger.run(body)
        self._engine.lanes.wake()
        return Outcome(
            True,
            "Outside messages pause at once. Office and police are told: not confirmed. Doors stay "
            "locked and speakers go on until two people confirm.",
        )

    async def hold_outside(self, incident: str, caller: Caller, pause: bool) -> Outcome:
        who = self._person(caller)
        counts = await self._ledger.run(lambda: pause_outside_body(self._desk.site, incident, who.name, pause))
        self._engine.lanes.wake()
        if pause:
            text = (
                f"Outside messages wait from now on; police, doors and speakers go on. "
                f"{counts['left']} had already left, {counts['waiting']} wait."
            )
        else:
            text = f"Outside messages go on. {counts['waiting']} leave now."
        return Outcome(True, text, detail=counts)

    async def release(self, incident: str, rooms: Sequence[str], caller: Caller, override: str) -> Outcome:
        return await self.endings.release(incident, rooms, self._person(caller), override)

    # ----------------------------------------------------------------------------------------------------------- act

    async def hand_off(self, incident: str, word: str, who: str, caller: Caller) -> Outcome:
        site, who = self._desk.site, who or caller.name
        person = caller.person is not None or caller.may(Right.RESPOND, site) or self._operates(caller)
        state = await self._ledger.run(
            lambda: hand_off_body(site, incident, word, who, caller.id, caller.name, person=person)
        )
        return Outcome(True, f"Dispatch: {state.replace('_', ' ')}.", detail={"hand_off": state})

    async def take_command(self, incident: str, caller: Caller) -> Outcome:
        who = self._person(caller)
        await self._ledger.run(lambda: take_command_body(self._desk.site, incident, who.id, who.name))
        return Outcome(True, f"{who.name} is in command.")

    async def message(self, incident: str, to: Sequence[str], by: Sequence[str], text: str, caller: Caller) -> Outcome:
        who = self._person(caller) if caller.person is not None else None
        return await self.typed.send(incident, to, by, text, caller, who)

    async def note(self, incident: str, text: str, caller: Caller) -> Outcome:
        await self._ledger.run(lambda: note_body(self._desk.site, incident, text[:2000], caller.name))
        return Outcome(True, "Noted.")

    async def open_door(self, incident: str, door: str, seconds: float, caller: Caller) -> Outcome:
        """A responder's timed opening: recorded, read back, locked again when the time is over."""
        who = self._person(caller)
        row = self._engine.open_incident(incident)
        known = self._desk.held.doors.get(door)
        if row is None or known is None:
            raise NotFound(f"There is no open incident {incident} or no door {door}.")
        driver = self._engine.devices.driver(known.driver)
        if driver is None:
            raise Refused(f"There is no driver for {known.title}.", status=409)
        seconds = min(max(seconds, 3.0), 600.0)
        timer = await self._ledger.run(
            lambda: open_door_body(
                self._desk.site, incident, door, who.name, seconds, row["run"], self._desk.clock.now()
            )
        )
        self._engine.devices.opened[door] = incident  # until the timer locks it again, whatever the relay says now
        try:
            await driver.restore(known)
        except AdapterError as error:
            return Outcome(False, f"{known.title} did not take the opening: {error}", detail={"timer": timer})
        reading = await self._engine.devices.read(known)
        return Outcome(
            True,
            f"{known.title} was told to open for {seconds:.0f} s. It reads: {reading.detail}.",
            detail={"lock": str(reading.lock), "timer": timer},
        )

    async def confirm_door(self, incident: str, door: str, secured: bool, caller: Caller) -> Outcome:
        who = self._person(caller)
        await self._ledger.run(
            lambda: confirm_door_body(self._desk.site, incident, door, secured, who.name, self._desk.clock.now())
        )
        if secured:
            self._engine.devices.let_be(door)
        self._engine.nudge(incident)
        return Outcome(True, f"Recorded: {who.name} says that {door} is {'secured' if secured else 'NOT secured'}.")

    async def approve_step(self, incident: str, step: str, caller: Caller) -> Outcome:
        who = self._person(caller)
        scene, rows = await self._ledger.run(
            lambda: approve_step_body(self._desk, incident, step, who, caller.may(Right.COMMAND, self._desk.site))
        )
        self._engine.wave(scene, rows)
        return Outcome(True, f"{who.name} approved {step}. It starts now.")

    async def stop_late(self, activation: str, caller: Caller, fire: bool) -> Outcome:
        who = self._person(caller)
        intake = await self._ledger.run(
            lambda: late_decision_body(
                self._desk, activation, fire, who.name, self._desk.moment(), self._engine.late_press
            )
        )
        if intake is not None:
            self._engine.after_press(intake)
            return Outcome(True, "The late press was started.", detail={"incident": intake.incident})
        return Outcome(True, f"{who.name} stopped the late press. Nothing was started by it.")

    async def verify(self, activation: str, word: str, caller: Caller) -> Outcome:
        """About a press that must be verified: `acknowledge` (somebody looks), `veto` (no danger) or `fire`."""
        who = self._person(caller)
        try:
            said = UnverifiedWord(word)
        except ValueError:
            raise Refused(f"{word!r} is not one of {', '.join(UnverifiedWord)}.", status=422) from None
        intake = await self._ledger.run(
            lambda: verify_decision_body(
                self._desk.site,
                activation,
                said,
                (who.id, who.name),
                self._desk.clock.now(),
                self._engine.late_press,
                lambda press: press_body(press, self._desk.held_of),
            )
        )
        if intake is not None:
            self._engine.after_press(intake)
            return Outcome(True, f"{who.name} started it.", detail={"incident": intake.incident})
        if said is UnverifiedWord.VETO:
            return Outcome(True, f"Stopped: {who.name} says that there is no danger. Everybody who was told hears it.")
        return Outcome(True, f"{who.name} looks. It starts by itself when the time to investigate is over.")

    # ------------------------------------------------------------------------------------------------------- answers

    async def answer(self, token: str, answer: str, text: str) -> Outcome:
        return await self.inbox.by_link(token, answer, text)

    async def register_browser(
        self, endpoint: str, p256dh: str, auth: str, agent: str, *, caller: Caller | None = None, token: str = ""
    ) -> Outcome:
        person = caller.person if caller is not None else self.inbox.link_row(token)["person"]
        if person is None or person not in self._desk.held.people:
            raise Refused("You are nobody among the contacts, so no message could be for you.", status=409)
        address = subscription_address(self._desk.gear.channels.values(), endpoint, p256dh, auth)
        now, site = self._desk.clock.now(), self._desk.site
        await self._ledger.run(lambda: register_body(site, person, address, agent, now))
        return Outcome(True, "This browser gets messages by push from now on.")

    async def answer_for(self, incident: str, person: str, answer: str, text: str, caller: Caller) -> Outcome:
        return await self.inbox.by_account(incident, person, answer, text, caller)

    async def reported(self, channel: str, reply: CallbackReply) -> None:
        if reply.reports or reply.inbound:
            self._desk.last_seen.saw(Kind.PROVIDER, f"{channel}:reported", self._desk.clock.now())
        if reply.reports:
            await self._engine.reports(reply.reports)
        for message in reply.inbound:
            await self.inbox.by_message(channel, message)

    async def walk_test(self, zone: str, heard: bool | None, seen: bool | None, note: str, caller: Caller) -> Outcome:
        who = self._person(caller)
        await self._ledger.run(lambda: walk_test_body(self._desk.held, zone, heard, seen, note, who.name))
        return Outcome(True, f"Recorded for {zone}: {told({'by': who.name, 'heard': heard, 'seen': seen})}.")

    async def acknowledge_trouble(self, trouble: str, caller: Caller) -> Outcome:
        await self._ledger.run(
            lambda: acknowledge_trouble_body(self._desk.site, trouble, caller.name, self._desk.clock.now())
        )
        return Outcome(True, f"{caller.name} knows.")

    # ---------------------------------------------------------------------------------------------------- publishing

    async def publish(self, files: Mapping[str, bytes], comment: str, caller: Caller) -> Outcome:
        return await self.publisher.publish(files, comment, caller)

    async def plan(self, playbook: str, zone: str | None, drill: bool) -> Mapping[str, Any]:
        if len(self._desk.held.people) <= PLANNED_AT_ONCE:
            return plan_of(self._desk, playbook, zone, drill)
        key = self._desk.held.version, playbook, zone, drill
        if key not in self._plans:

            def over(done: asyncio.Task[Mapping[str, Any]]) -> None:
                del self._plans[key]
                if not done.cancelled():
                    done.exception()  # looked at, also if everybody who asked has gone

            self._plans[key] = asyncio.create_task(self._plan_aside(playbook, zone, drill))
            self._plans[key].add_done_callback(over)
        return await asyncio.shield(self._plans[key])

    async def _plan_aside(self, playbook: str, zone: str | None, drill: bool) -> Mapping[str, Any]:
        """One at a time, for all who ask: each takes its share of the processor from the loop, and so from a press."""
        async with self._planning:
            # Of its own: the loop goes on changing the desk while a thread looks.
            desk = replace(self._desk, opted_out=set(self._desk.opted_out), incidents={}, answered=set())
            return await asyncio.to_thread(plan_of, desk, playbook, zone, drill)

    def _asked(self, approval: str) -> Mapping[str, Any]:
        """Empty if there is none: to somebody under duress one may be shown that is not."""
        found = self._ledger.read("approval_seen", site=self._desk.site, id=approval)
        return found[0] if found else {}

    def _must(self, caller: Caller, *rights: Right) -> None:
        if not any(caller.may(right, self._desk.site) for right in rights):
            raise Refused(f"{caller.name} may not do this here; it needs the right {' or '.join(rights)}.")

    def _operates(self, caller: Caller) -> bool:
        return any(caller.may(right, self._desk.site) for right in (Right.OPERATE, Right.COMMAND))

    def _person(self, caller: Caller) -> Person:
        """The human behind a call; approvals compare persons, so a device or an unlinked account is nobody here."""
        if caller.person is None:
            raise Refused(
                "This needs a person's own account. A device, a machine's token or an unlinked OS account "
                "cannot do it: use 'notifier user add'."
            )
        return Person(caller.person, caller.name, caller.since, caller.made_by, caller.shown)
