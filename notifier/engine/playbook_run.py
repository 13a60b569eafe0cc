"""Walks a playbook: which steps start now, which wait, which are over. Pure: facts in, rows out.

Everything starts at once; order only where `after`, `delay` or `approve` says so (PRODUCT 2.4, 5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.engine.scene import Scene
from notifier.engine.steps import announce, restore_doors, secure_doors, signals
from notifier.model.facts import Row
from notifier.model.playbook import Step
from notifier.model.step import OVER, Phase, StepState, StepWord, TimerKind, TimerState, move_step

ASK_NEXT_AFTER = 120.0
"""Seconds until the next approver is asked too (PRODUCT 5, approve)."""


def steps_of(scene: Scene) -> tuple[Step, ...]:
    """The list of this phase, with the step that a lockdown adds by itself in front of its first wave."""
    steps = scene.playbook.phase(scene.phase)
    if scene.phase is Phase.MAIN:
        added = secure_doors.exterior_step(scene.playbook, scene.held.site)
        if added is not None:
            return (*steps, added)
    return steps


def step_of(scene: Scene, step_id: str) -> Step | None:
    """The step of this run by its id, the added ones among them; None for messages that belong to no step."""
    known = {step.id: step for step in steps_of(scene)}
    if step_id in known:
        return known[step_id]
    if step_id == signals.ALL_OFF:
        return signals.off_step()
    if step_id.startswith("_exterior:"):
        return known.get(step_id.partition(":")[2])
    return None


def timer_row(
    scene: Scene,
    name: str,
    kind: TimerKind,
    due: float,
    data: Mapping[str, Any],
    state: TimerState = TimerState.WAITING,
) -> Row:
    """One timer; its name makes it one per step and level."""
    return Row(
        "timer",
        {
            "site": scene.site,
            "id": f"{scene.incident}:{scene.run}:{scene.phase}:{name}",
            "incident": scene.incident,
            "kind": str(kind),
            "due": due,
            "state": str(state),
            "data": {"run": scene.run, "phase": str(scene.phase), **data},
        },
        new=True,
    )


def _step_row(
    scene: Scene, step: Step, place: int, state: StepState, approval: str | None = None, **detail: Any
) -> Row:
    return Row(
        "step",
        {
            "site": scene.site,
            "incident": scene.incident,
            "run": scene.run,
            "id": step.id,
            "phase": str(scene.phase),
            "playbook": scene.playbook.playbook,
            "place": place,
            "deed": step.deed,
            "state": str(state),
            "started_at": scene.now if state is StepState.RUNNING else None,
            "over_at": None,
            "expanded": 0,
            "approval": approval,
            "level": 0,
            "detail": {
                "zone": scene.zone,
                "publication": scene.held.version,
                "after_drill": scene.after_drill,
                "begun": scene.now,
                **detail,
            },
        },
        new=True,
    )


def begin(scene: Scene, zone_taken: frozenset[str] = frozenset()) -> list[Row]:
    """The rows of a run's beginning: every step, and the deeds of those that wait for nothing. Doors come first."""
    taken = set(zone_taken)
    rows: list[Row] = []
    deeds: list[tuple[int, list[Row]]] = []
    for place, step in enumerate(steps_of(scene)):
        if step.after:
            rows.append(_step_row(scene, step, place, StepState.WAITING))
        elif step.delay:
            rows.append(_step_row(scene, step, place, StepState.WAITING))
            rows.append(timer_row(scene, step.id, TimerKind.START_STEP, scene.now + step.delay, {"step": step.id}))
        elif step.approve:
            rows.append(_step_row(scene, step, place, StepState.WAITING, approval="asked"))
            rows.append(_ask_timer(scene, step, 0, scene.now))
        else:
            deed = deed_rows(scene, step, taken)
            if step.id == secure_doors.ALL_EXTERIOR and not deed:
                continue  # the playbook's own steps already lock every exterior door
            rows.append(_step_row(scene, step, place, StepState.RUNNING))
            deeds.append((0 if step.secure_doors else 1, deed))
    for _rank, deed in sorted(deeds, key=lambda pair: pair[0]):
        rows.extend(deed)
    return rows


def _ask_timer(scene: Scene, step: Step, nth: int, due: float) -> Row:
    return timer_row(scene, f"{step.id}:ask:{nth}", TimerKind.ASK_APPROVER, due, {"step": step.id, "nth": nth})


def deed_rows(scene: Scene, step: Step, taken: set[str]) -> list[Row]:
    """What a step writes when it starts; a notify writes its messages after, in chunks."""
    if step.secure_doors is not None:
        rows = secure_doors.first_rows(scene, step, taken)
        within = scene.now + step.secure_doors.within
        return (
            [*rows, timer_row(scene, f"{step.id}:within", TimerKind.WITHIN, within, {"step": step.id})]
            if rows
            else rows
        )
    if step.restore_doors is not None:
        rows, exterior = restore_doors.first_rows(scene, step)
        if exterior:
            waiting = Step.model_construct(
                id=f"_exterior:{step.id}",
                secure_doors=None,
                restore_doors=step.restore_doors,
                announce=None,
                signal=None,
                notify=None,
                acknowledge=None,
                after=(),
                delay=0.0,
                approve=("role:principal",),
            )
            rows.append(_step_row(scene, waiting, 999, StepState.WAITING, approval="asked", doors=exterior))
        return rows
    if step.announce is not None:
        rows = announce.first_rows(scene, step)
        if rows and step.announce.again_every:
            rows.append(repeat_timer(scene, step, 1))
        return rows
    if step.signal is not None:
        return signals.first_rows(scene, step)
    return escalation_timer(scene, step, 0, scene.now)


def repeat_timer(scene: Scene, step: Step, nth: int) -> Row:
    assert step.announce is not None
    assert step.announce.again_every
    due = scene.now + step.announce.again_every
    return timer_row(scene, f"{step.id}:again:{nth}", TimerKind.REPEAT, due, {"step": step.id, "nth": nth})


def escalation_timer(scene: Scene, step: Step, level: int, start: float) -> list[Row]:
    """The timer of the next level, if there is one: one row per step and level, never one per person."""
    if step.acknowledge is None or level >= len(step.acknowledge.escalate):
        return []
    due = start + step.acknowledge.escalate[level].wait
    data = {"step": step.id, "level": level + 1}
    return [timer_row(scene, f"{step.id}:level:{level + 1}", TimerKind.ESCALATE, due, data)]


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of one step's work, gathered by the transaction."""

    commands_open: int = 0
    commands_not_proven: int = 0
    commands_all: int = 0
    deliveries_open: bool = False
    reached_any: bool = False
    need_met: bool = False
    levels_waiting: bool = False


@dataclass(slots=True)
class Advance:
    """What changes when the facts are looked at again."""

    rows: list[Row] = field(default_factory=list)
    started: list[str] = field(default_factory=list)
    over: list[tuple[str, StepState]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    all_over: bool = False
    """Every step of this run and phase is over; one that waits for a person is not."""


def verdict(step: Step, known: Mapping[str, Any], progress: Progress) -> StepWord | None:
    """Whether a running step's first round is over, and how (PRODUCT 5, "a step is finished")."""
    if step.notify is not None:
        if not known["expanded"] or progress.deliveries_open:
            return StepWord.SATISFY if progress.need_met and step.acknowledge and known["expanded"] else None
        if step.acknowledge is not None and not progress.need_met and progress.levels_waiting:
            return None
        if step.acknowledge is not None and progress.need_met:
            return StepWord.SATISFY
        if not known["detail"].get("deliveries"):
            return StepWord.FAIL if known["detail"].get("unreachable") else StepWord.SKIP
        return StepWord.FINISH if progress.reached_any else StepWord.FAIL
    if progress.commands_all == 0:
        return StepWord.SKIP
    if progress.commands_open:
        return None
    return StepWord.FAIL if progress.commands_not_proven else StepWord.FINISH


def late_word(step: Step | None, state: StepState) -> StepWord | None:
    """What may still become of a step after its first round: a door is proven late, answers come late."""
    if step is not None and step.secure_doors is not None and state is StepState.FAILED:
        return StepWord.FINISH
    if step is not None and step.acknowledge is not None and state in (StepState.FAILED, StepState.DONE):
        return StepWord.SATISFY
    return None


def advance(scene: Scene, known: Sequence[Mapping[str, Any]], progress: Mapping[str, Progress]) -> Advance:
    """Look at the steps of one run and phase again: what is over, what may start.

    `known`: the step rows, with `detail` decoded.
    """
    result = Advance()
    states = {row["id"]: StepState(row["state"]) for row in known}
    over_at = {row["id"]: row["over_at"] for row in known}
    for row in known:
        step = step_of(scene, row["id"])
        state = states[row["id"]]
        if step is None or state is StepState.WAITING:
            continue
        word = verdict(step, row, progress.get(row["id"], Progress()))
        if word is None or (state is not StepState.RUNNING and word is not late_word(step, state)):
            continue
        new = move_step(state, word)
        states[row["id"]], over_at[row["id"]] = new, over_at[row["id"]] or scene.now
        result.over.append((row["id"], new))
        result.rows.append(_change(scene, row["id"], state=str(new), over_at=over_at[row["id"]]))
    for row in known:
        step = step_of(scene, row["id"])
        if step is None or states[row["id"]] is not StepState.WAITING:
            continue
        if row["approval"] == "asked":
            continue
        if not all(states.get(before) in OVER for before in step.after):
            continue
        if row["detail"].get("timer") or (step.delay and not step.after):
            continue  # its delay is counting; the timer starts it
        if step.delay:
            last = max(over_at[before] or scene.now for before in step.after)
            due = last + step.delay
            result.rows.append(timer_row(scene, step.id, TimerKind.START_STEP, due, {"step": step.id}))
            result.rows.append(_change(scene, step.id, detail={**row["detail"], "timer": True}))
            continue
        _start_or_ask(scene, step, row, result)
        if not step.approve:
            states[row["id"]] = StepState.RUNNING
    result.all_over = all(state in OVER for state in states.values())
    return result


def _start_or_ask(scene: Scene, step: Step, row: Mapping[str, Any], result: Advance) -> None:
    if step.approve and not (row["approval"] or "").startswith("granted"):
        result.asked.append(step.id)
        result.rows.append(_change(scene, step.id, approval="asked"))
        result.rows.append(_ask_timer(scene, step, 0, scene.now))
        return
    result.rows.extend(start_rows(scene, step))
    result.started.append(step.id)


def start_rows(scene: Scene, step: Step) -> list[Row]:
    """A waiting step starts now."""
    return [
        _change(scene, step.id, state=str(StepState.RUNNING), started_at=scene.now),
        *deed_rows(scene, step, set()),
    ]


def delay_over(scene: Scene, step: Step, row: Mapping[str, Any]) -> Advance:
    """Its delay is over: it starts, or asks its approvers."""
    result = Advance()
    if StepState(row["state"]) is StepState.WAITING:
        _start_or_ask(scene, step, row, result)
    return result


def _change(scene: Scene, step_id: str, **values: Any) -> Row:
    key = {"site": scene.site, "incident": scene.incident, "run": scene.run, "phase": str(scene.phase), "id": step_id}
    return Row("step", {**key, **values})


def change_step(row: Mapping[str, Any], **values: Any) -> Row:
    """A change of a step row that stands in the ledger."""
    key = {name: row[name] for name in ("site", "incident", "run", "phase", "id")}
    return Row("step", {**key, **values})
