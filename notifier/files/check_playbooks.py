"""Playbooks against the site, the people and the senders: each step can be done, and ends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from notifier.errors import Fault
from notifier.files import rules
from notifier.files.check_lockdown import check_lockdown
from notifier.files.plain_words import nearest
from notifier.files.positions import Document, Path
from notifier.files.reading import Reading
from notifier.files.selecting import COMMANDER, Selected, WrongSelector, doors_of, signals_of, speakers_of
from notifier.model.incident import Action
from notifier.model.people import ADDRESS_KINDS
from notifier.model.playbook import Playbook, Step
from notifier.model.site import Door
from notifier.model.step import Phase

LISTS = {Phase.MAIN: "steps", Phase.ALL_CLEAR: "all_clear", Phase.CORRECTION: "correction"}
LONGEST_DELAY = 24 * 3600.0
LONGEST_ESCALATION = 48 * 3600.0
SHORTEST_REPEAT, LONGEST_REPEAT = 10.0, 3600.0
LONGEST_WITHIN = 120.0
"""Seconds; PRODUCT 4 promises "verified or named" in 10 s. Two minutes is for slow locks of a large site."""


def check_playbooks(reading: Reading) -> list[Fault]:
    """Every fault of every playbook that could be read, message texts apart."""
    faults: list[Fault] = []
    for name, playbook in reading.playbooks.items():
        document = reading.documents[name]
        for phase, part in LISTS.items():
            steps = playbook.phase(phase)
            faults += _order(steps, document, part)
            for index, step in enumerate(steps):
                faults += _StepCheck(reading, playbook, document, phase, step, (part, index)).faults()
        faults += check_lockdown(reading, playbook, document)
        faults += _police(reading, playbook, document)
    if not reading.unread_playbooks and not any(
        playbook.action is Action.LOCKDOWN for playbook in reading.playbooks.values()
    ):
        text = "There is no playbook with the action lockdown."
        faults.append(rules.NO_LOCKDOWN.on("playbooks", 1, 1, text, "Copy playbooks/lockdown.yaml and make it yours."))
    return faults


def _order(steps: Sequence[Step], document: Document, part: str) -> Iterator[Fault]:
    named: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.id in named:
            text = f"The step `{step.id}` stands in {part} already."
            yield rules.STEP_ID.at(document, (part, index, "id"), text, "Give each step an id of its own.")
        named.setdefault(step.id, index)
    by_id = {step.id: step for step in reversed(steps)}
    for index, step in enumerate(steps):
        for place, name in enumerate(step.after):
            path: Path = (part, index, "after", place)
            if name == step.id:
                yield rules.STEP_AFTER.at(document, path, f"The step `{name}` waits for itself.", "Remove it.")
            elif name not in by_id:
                text = f"There is no step `{name}` in {part}."
                yield rules.STEP_AFTER.at(document, path, text, nearest(name, by_id))
            elif step.id in _waits_for(name, by_id):
                text = f"The steps `{step.id}` and `{name}` wait for each other."
                yield rules.STEP_AFTER.at(document, path, text, "Remove one `after`; neither could ever start.")
            elif (awaited := by_id[name]).acknowledge is not None and not awaited.acknowledge.escalate:
                text = f"`{step.id}` waits for `{name}`, which is never over if somebody does not answer."
                advice = f"Give `{name}` an escalate level, or let `{step.id}` wait for another step."
                yield rules.STEP_NEVER.at(document, path, text, advice)


def _waits_for(name: str, by_id: dict[str, Step]) -> set[str]:
    """Every step that `name` waits for, directly or not."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        step = by_id.get(ahead.pop())
        if step is not None:
            new = set(step.after) - found
            found |= new
            ahead += new
    return found


class _StepCheck:
    """One step of one list of one playbook."""

    def __init__(
        self, reading: Reading, playbook: Playbook, document: Document, phase: Phase, step: Step, at: Path
    ) -> None:
        self._reading, self._playbook, self._document = reading, playbook, document
        self._phase, self._step, self._at = phase, step, at

    def faults(self) -> Iterator[Fault]:
        yield from self._timers()
        yield from self._approvers()
        yield from self._doors()
        yield from self._outputs()
        yield from self._messages()

    def _say(self, rule: rules.Rule, path: Path, text: str, advice: str) -> Fault:
        return rule.at(self._document, (*self._at, *path), text, advice)

    def _names(self, path: Path, selected: Selected) -> Iterator[Fault]:
        for wrong in selected.wrong:
            rule = rules.STEP_SELECTOR if _misspelt(wrong) else rules.STEP_NAMES_NOTHING
            yield self._say(rule, (*path, wrong.index), wrong.text, wrong.advice)

    # ---------------------------------------------------------------------------------------------------- time

    def _timers(self) -> Iterator[Fault]:
        step, rule = self._step, rules.STEP_TIMERS
        if step.delay > LONGEST_DELAY:
            yield self._say(rule, ("delay",), "The delay is longer than 24 h.", "Nobody remembers it by then.")
        for deed in ("secure_doors", "restore_doors"):
            doors = getattr(step, deed)
            if doors is not None and not 1 <= doors.within <= LONGEST_WITHIN:
                text = f"`within` is {doors.within:g} s."
                yield self._say(rule, (deed, "within"), text, "Doors are named to a person after 1 s to 2 m.")
        again = step.announce.again_every if step.announce else None
        if again is not None and not SHORTEST_REPEAT <= again <= LONGEST_REPEAT:
            text = f"`again_every` is {again:g} s."
            yield self._say(rule, ("announce", "again_every"), text, "Say it again after 10 s to 1 h.")
        levels = step.acknowledge.escalate if step.acknowledge else ()
        for index, level in enumerate(levels):
            if not 1 <= level.wait <= LONGEST_DELAY:
                path: Path = ("acknowledge", "escalate", index, "wait")
                yield self._say(rule, path, f"`wait` is {level.wait:g} s.", "People need 1 s to 24 h to answer.")
        if sum(level.wait for level in levels) > LONGEST_ESCALATION:
            text = "All levels together take longer than 48 h."
            yield self._say(rule, ("acknowledge", "escalate"), text, "Tell somebody sooner.")

    def _approvers(self) -> Iterator[Fault]:
        if not self._step.approve:
            return
        selected = self._reading.people_of(self._step.approve)
        yield from self._names(("approve",), selected)
        people = self._reading.contacts.people
        if not any(people[one].addresses for one in selected.ids):
            who = "only the commander, and there may be none" if COMMANDER in self._step.approve else "nobody to ask"
            text = f"`approve` names {who}; the step could wait for ever."
            yield self._say(rules.STEP_APPROVE, ("approve",), text, "Name a role that somebody with an address has.")

    # --------------------------------------------------------------------------------------- doors and outputs

    def _doors(self) -> Iterator[Fault]:
        step = self._step
        if step.restore_doors is not None:
            if self._phase is not Phase.ALL_CLEAR:
                text = "`restore_doors` unlocks; it stands in all_clear only."
                yield self._say(rules.RESTORE_ONLY_AT_END, ("restore_doors",), text, "Move it, or remove it.")
            yield from self._names(("restore_doors", "doors"), doors_of(step.restore_doors.doors, self._reading.site))
        if step.secure_doors is None:
            return
        if self._phase is not Phase.MAIN:
            text = f"`secure_doors` stands in {LISTS[self._phase]}."
            yield self._say(rules.SECURE_NOT_AT_END, ("secure_doors",), text, "Is it meant to lock people in now?")
        yield from self._names(("secure_doors", "doors"), doors_of(step.secure_doors.doors, self._reading.site))
        for index, selector in enumerate(step.secure_doors.doors):
            selected = doors_of([selector], self._reading.site)
            left_out = [door for door in self._reading.site.doors if door.id in selected.ids and not door.commandable]
            path: Path = ("secure_doors", "doors", index)
            if left_out and selector.startswith("door:"):
                text = f"{left_out[0].title} cannot be locked: {_why_not(left_out[0])}."
                yield self._say(rules.DOOR_NOT_COMMANDABLE, path, text, "Declare it in the site file, or remove it.")
            elif left_out:
                some = ", ".join(f"{door.title} ({_why_not(door)})" for door in left_out[:5])
                text = f"`{selector}` leaves out {len(left_out)}: {some}{' …' if len(left_out) > 5 else ''}."
                yield self._say(rules.DOOR_LEFT_OUT, path, text, "They count as not secured; declare them if you can.")
        if step.secure_doors.otherwise is not None:
            other = step.secure_doors.otherwise
            at: Path = ("secure_doors", "otherwise")
            yield from self._audience(other.notify, (*at, "notify"), other.by, (*at, "by"), written=False)

    def _outputs(self) -> Iterator[Fault]:
        step, site = self._step, self._reading.site
        if step.announce is not None:
            yield from self._names(("announce", "speakers"), speakers_of(step.announce.speakers, site))
            for language, name in step.announce.recording.items():
                if name not in self._reading.files:
                    path: Path = ("announce", "recording", language)
                    text = f"There is no recording `{name}` in the folder."
                    yield self._say(rules.STEP_RECORDING, path, text, self._recording_advice(name))
        if step.signal is not None:
            yield from self._names(("signal", "outputs"), signals_of(step.signal.outputs, site))
        if not self._playbook.audible and self._phase is Phase.MAIN and (step.announce or step.signal):
            text = f"`{step.deed}` sounds or shows inside, and the playbook is `audible: false`."
            yield self._say(rules.SILENT_SOUNDS, (step.deed,), text, "Remove the step, or write audible: true.")

    def _recording_advice(self, name: str) -> str:
        known = [path for path in self._reading.files if path.endswith(".wav")]
        same = [path for path in known if path.rpartition("/")[2] == name.rpartition("/")[2]]
        if same:
            return f"Write its path: {same[0]}."
        return nearest(name, known) or "Put the WAV file there, and write its path, like recordings/hold_en.wav."

    # ------------------------------------------------------------------------------------------------ messages

    def _messages(self) -> Iterator[Fault]:
        step = self._step
        if step.notify is None:
            return
        notify = step.notify
        yield from self._audience(notify.to, ("notify", "to"), notify.by, ("notify", "by"))
        if not self._playbook.audible and self._phase is Phase.MAIN:
            for index, selector in enumerate(notify.to):
                people = self._reading.people_of([selector])
                inside = [one for one in people.ids if self._reading.contacts.people[one].on_site]
                if inside and not selector.startswith("role:"):
                    text = f"`{selector}` has people inside, and the playbook is `audible: false`."
                    advice = "Name roles, or groups of people outside."
                    yield self._say(rules.SILENT_SOUNDS, ("notify", "to", index), text, advice)
        if step.acknowledge is None:
            return
        acknowledge, asked = step.acknowledge, self._reading.people_of(notify.to)
        if acknowledge.need.isdecimal() and not asked.open and int(acknowledge.need) > len(asked.ids):
            text = f"`need` is {acknowledge.need}, and the step asks {len(asked.ids)}."
            yield self._say(rules.STEP_NEED, ("acknowledge", "need"), text, "Write a smaller number, all, or any.")
        if not acknowledge.escalate:
            text = "Nobody is told when answers do not come."
            yield self._say(rules.STEP_ESCALATION, ("acknowledge",), text, "Add escalate: with a wait and a to.")
        for index, level in enumerate(acknowledge.escalate):
            at: Path = ("acknowledge", "escalate", index)
            yield from self._audience(level.to, (*at, "to"), level.by, (*at, "by"))

    def _audience(
        self, to: Sequence[str], at: Path, by: Sequence[str], by_at: Path, *, written: bool = True
    ) -> Iterator[Fault]:
        """`written`: false where `by` has a default of ours, of which one sender is enough."""
        people = self._reading.contacts.people
        selected = self._reading.people_of(to)
        yield from self._names(at, selected)
        where = f"The step `{self._step.id}`"
        if not selected.ids and not selected.open and not any(map(_misspelt, selected.wrong)):
            text = f"{where} has nobody to send to."
            yield self._say(rules.STEP_NO_AUDIENCE, at, text, "Name people, or add them to the contacts.")
        able = [kind for kind in by if kind in ADDRESS_KINDS and self._reading.senders_for(kind)]
        for index, kind in enumerate(by):
            if kind not in ADDRESS_KINDS:
                text = f"{where} sends by `{kind}`, which is no kind of address."
                yield self._say(rules.STEP_CHANNEL, (*by_at, index), text, nearest(kind, ADDRESS_KINDS))
            elif kind not in able and (written or not able):
                text = f"{where} sends by {kind}, and no sender for {kind} is configured."
                advice = f"Add one under senders: in the settings file, or remove {kind}."
                yield self._say(rules.STEP_CHANNEL, (*by_at, index), text, advice)
        kinds = set(by)
        without = sorted(one for one in selected.ids if kinds.isdisjoint(people[one].addresses))
        if without and selected.ids:
            some = ", ".join(people[one].name for one in without[:3])
            text = f"{len(without)} of {len(selected.ids)} have no address for {', '.join(by)}: {some}"
            more = " …" if len(without) > 3 else ""
            yield self._say(rules.STEP_NO_ADDRESS, by_at, f"{text}{more}.", "Add addresses, or another kind to `by`.")


def _misspelt(wrong: WrongSelector) -> bool:
    """Whether it can name nothing, or is near something that is there: an error that says enough."""
    return (wrong.unknown and not wrong.text.startswith("Nobody")) or "Did you mean" in wrong.advice


def _why_not(door: Door) -> str:
    if door.egress is None:
        return "it does not say how people get out (egress)"
    return "it is a stair without re-entry (stair_reentry: allowed)"


def _police(reading: Reading, playbook: Playbook, document: Document) -> Iterator[Fault]:
    people = reading.contacts.people
    police = {one.id for one in people.values() if "police" in one.roles}
    kinds: set[str] = set()
    first: Path | None = None
    for index, step in enumerate(playbook.steps):
        if step.notify is None:
            continue
        reached = reading.people_of(step.notify.to).ids & police
        if reached:
            first = first or ("steps", index, "notify", "by")
            kinds |= {kind for kind in step.notify.by if any(kind in people[one].addresses for one in reached)}
    uplinks = {sender.uplink for kind in kinds for sender in reading.senders_for(kind).values()}
    if first is not None and len(uplinks) < 2:
        by = f"only over `{next(iter(uplinks))}`" if uplinks else "over nothing"
        text = f"Police are reached {by}."
        advice = "Name another sender's uplink (a cellular modem, a second line) and its kind in `by`."
        yield rules.POLICE_ONE_UPLINK.at(document, first, text, advice)
