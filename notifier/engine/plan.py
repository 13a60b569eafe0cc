"""What would happen, second by second, to whom, through which limits: the same pure functions as a press."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier.engine.audience import Audience
from notifier.engine.compose import message_for
from notifier.engine.deliveries import REFILL
from notifier.engine.desk import Desk
from notifier.engine.plan_carriers import by_carrier, not_registered, over_a_carriers_day
from notifier.engine.plan_limits import over_the_day, slowest
from notifier.engine.plan_reach import by_kind, lasts, named, silent_zones
from notifier.engine.playbook_run import steps_of
from notifier.engine.reach import reach_of
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_doors, select_signals
from notifier.engine.steps.announce import page_speakers
from notifier.engine.steps.notify import purpose_of
from notifier.engine.steps.secure_doors import other_path
from notifier.errors import NotFound
from notifier.model.delivery import Purpose
from notifier.model.incident import incident_code
from notifier.model.people import Person
from notifier.model.playbook import Playbook, Step
from notifier.model.site import Door
from notifier.model.step import Phase

OWN_LINK = "their-own-24-letter-link"
"""Stands in a preview for what `Desk.link_token` makes, and is as long."""
USA = "+1"
"""Numbers whose carriers ask for a registration; Canada's are among them, and are counted too."""


def plan_of(desk: Desk, playbook_id: str, zone: str | None, drill: bool) -> dict[str, Any]:
    """The plan of one playbook pressed in `zone`; raises NotFound."""
    held = desk.held
    playbook = held.playbooks.get(playbook_id)
    if playbook is None:
        raise NotFound(f"There is no playbook {playbook_id!r}. There are: {', '.join(sorted(held.playbooks))}.")
    if zone is not None and zone not in held.zone_names:
        raise NotFound(f"There is no zone {zone!r}. There are: {', '.join(sorted(held.zone_names))}.")
    at = desk.moment()
    phases = {}
    reach: dict[str, int] = {}
    warnings: list[str] = []
    silent: list[str] = []
    for phase in Phase:
        scene = Scene(
            held=held,
            playbook=playbook,
            incident="plan",
            code=incident_code("plan"),
            run=0,
            phase=phase,
            zone=zone,
            drill=drill,
            now=at.now,
            wall=at.wall,
            node=desk.node,
            clock_time=at.clock_time,
        )
        if phase is Phase.MAIN:
            warnings.extend(_left_in_lockdown(desk, scene))
            reach = reach_of(desk, scene)
            silent = silent_zones(scene, steps_of(scene))
        load: dict[str, float] = {}
        begins = _begins(scene)
        steps = sorted(steps_of(scene), key=lambda step: (begins[step.id], step.id))
        phases[str(phase)] = [_step_plan(desk, scene, step, begins[step.id], load, warnings) for step in steps]
    return {
        "playbook": playbook.playbook,
        "title": playbook.title,
        "action": str(playbook.action),
        "drill": drill,
        "zone": zone,
        "reach": reach,
        "zones_silent": silent,
        "phases": phases,
        "slowest": slowest(phases[str(Phase.MAIN)]),
        "carriers": by_carrier(phases, desk.gear.senders),
        "warnings": sorted(
            {
                *warnings,
                *_police_warning(desk, playbook),
                *over_the_day(phases, desk.gear.senders, drill=drill),
                *over_a_carriers_day(phases, desk.gear.senders),
                *not_registered(phases, desk.gear.senders),
            }
        ),
    }


OVER_UPLINK = "{door} is locked over its maker's cloud only: while the uplink is down, nothing locks it from here."


def needs_uplink(desk: Desk, door: Door) -> bool:
    """Whether every path to its lock leads over a cloud; a path without a driver leads nowhere."""
    drivers = [desk.gear.door_drivers[kind] for kind in door.drivers if kind in desk.gear.door_drivers]
    return bool(drivers) and all(driver.needs_uplink for driver in drivers)


def locks_down(desk: Desk, door: Door) -> bool:
    """Whether its lock command, by either path, is a mode of its controller, which somebody must take back."""
    ways = [way for way in (door, other_path(door)) if way is not None]
    drivers = [(desk.gear.door_drivers.get(way.driver), way) for way in ways]
    return any(driver is not None and driver.locks_down(way) for driver, way in drivers)


STAYS = (
    "{door} is locked by the lockdown mode of its controller, and no restore_doors step of the all-clear names it: its "
    "badges and schedules do nothing afterwards until somebody releases it there."
)


def _left_in_lockdown(desk: Desk, scene: Scene) -> list[str]:
    """Warnings of doors that a playbook locks down and never lets out."""
    told = [step.secure_doors for step in steps_of(replace(scene, phase=Phase.MAIN)) if step.secure_doors]
    back = [step.restore_doors for step in scene.playbook.phase(Phase.ALL_CLEAR) if step.restore_doors]
    named = {door.id for deed in back for door in select_doors(scene.held, deed.doors, scene.zone)}
    doors = {door.id: door for deed in told for door in select_doors(scene.held, deed.doors, scene.zone)}
    return [STAYS.format(door=door.title) for door in doors.values() if door.id not in named and locks_down(desk, door)]


def _begins(scene: Scene) -> dict[str, float]:
    """Earliest second at which each step may start: delays and what goes before; approvals and answers wait longer."""
    steps = {step.id: step for step in steps_of(scene)}
    found: dict[str, float] = {}

    def begin(step_id: str, seen: frozenset[str]) -> float:
        if step_id in found or step_id in seen or step_id not in steps:
            return found.get(step_id, 0.0)
        step = steps[step_id]
        before = max((begin(each, seen | {step_id}) for each in step.after), default=0.0)
        found[step_id] = before + step.delay
        return found[step_id]

    for step_id in steps:
        begin(step_id, frozenset())
    return found


def _step_plan(
    desk: Desk, scene: Scene, step: Step, begins: float, load: dict[str, float], warnings: list[str]
) -> dict[str, Any]:
    item: dict[str, Any] = {
        "step": step.id,
        "deed": step.deed,
        "begins": begins,
        "after": list(step.after),
        "approve": [person.name for person in desk.people(scene, step.approve)],
    }
    quiet = scene.drill and not scene.playbook.drill
    if step.secure_doors is not None:
        doors = () if quiet else select_doors(scene.held, step.secure_doors.doors, scene.zone)
        item |= {
            "doors": [door.title for door in doors],
            "within": step.secure_doors.within,
            "otherwise": [
                name
                for name in (step.secure_doors.otherwise.notify if step.secure_doors.otherwise else ())
                if desk.people(scene, [name])
            ],
            "over_uplink": [door.title for door in doors if needs_uplink(desk, door)],
            "cannot_be_proven": [door.title for door in doors if not door.can_be_proven],
        }
        warnings.extend(
            f"{door.title} has no sensor: it can never be proven secured." for door in doors if not door.can_be_proven
        )
        warnings.extend(OVER_UPLINK.format(door=door.title) for door in doors if needs_uplink(desk, door))
    elif step.restore_doors is not None:
        doors = select_doors(scene.held, step.restore_doors.doors, scene.zone)
        item |= {
            "doors": [door.title for door in doors if door.side != "exterior"],
            "second_confirmation": [door.title for door in doors if door.side == "exterior"],
            "leaves_lockdown": [door.title for door in doors if locks_down(desk, door)],
        }
    elif step.announce is not None:
        speakers = page_speakers(scene, step) if scene.playbook.audible else {}
        item |= {
            "speakers": sum(map(len, speakers.values())),
            "times": step.announce.times,
            "again_every": step.announce.again_every,
            "about_s": lasts(step.announce),
            "languages": sorted({*step.announce.say, *step.announce.recording}),
        }
    elif step.signal is not None:
        item |= {
            "signals": []
            if quiet or not scene.playbook.audible
            else [each.name or each.id for each in select_signals(scene.held, step.signal.outputs, scene.zone)]
        }
    elif step.notify is not None:
        item |= _notify_plan(desk, scene, step, load, warnings)
    return item


def _notify_plan(desk: Desk, scene: Scene, step: Step, load: dict[str, float], warnings: list[str]) -> dict[str, Any]:
    assert step.notify is not None
    people = desk.people(scene, step.notify.to)
    purpose = purpose_of(scene, step.notify)
    audience = desk.audience(scene, people, step.notify.by, purpose=purpose)
    letters = desk.letters(scene, step.notify)
    senders, segments = _senders(desk, audience, letters, load)
    if audience.unreachable:
        names = [scene.held.people[person].name for person in audience.unreachable[:5]]
        more = len(audience.unreachable) - len(names)
        warnings.append(
            f"{step.id}: {len(audience.unreachable)} people cannot be reached: {', '.join(names)}"
            + (f" and {more} more." if more > 0 else ".")
        )
    warnings.extend(_unheard(desk, step, senders))
    levels = []
    for level in step.acknowledge.escalate if step.acknowledge else ():
        whom = desk.people(scene, level.to)
        told = desk.audience(scene, whom, level.by, at_once=True)
        names = list(dict.fromkeys(plan.person.name for plan in told.planned))
        levels.append({"wait": level.wait, "to": names, "by": list(level.by), "left_alone": _left_alone(scene, whom)})
    previews = []
    for (language, _quiet), (words, size, _id) in letters.made.items():
        message = message_for(words, f"{desk.public_url.rstrip('/')}/r/{OWN_LINK}" if desk.public_url else "", "")
        previews.append(
            {
                "language": language,
                "title": message.title,
                "text": message.text,
                "segments": size,
                "sms_text": message.sms_text(),
            }
        )
    return {
        "to": list(step.notify.to),
        "by": list(step.notify.by),
        "people": len(people),
        "left_alone": _left_alone(scene, people),
        "deliveries": len(audience.planned),
        "by_kind": by_kind(people, step.notify.by, audience, letters),
        "nothing_reaches": named(scene.held, audience.unreachable),
        "unreachable": len(audience.unreachable),
        "opted_out": len(audience.opted_out),
        "purpose": str(purpose),
        "left_out": {why: len(left) for why, left in audience.left_out.items()},
        "quiet_until": _quiet_until(desk, purpose),
        "senders": senders,
        "sms_segments": segments,
        "escalation": levels,
        "need": step.acknowledge.need if step.acknowledge else None,
        "previews": previews,
    }


def _left_alone(scene: Scene, people: Sequence[Person]) -> int:
    """How many of them a drill does not write to: everybody outside, unless its playbook says so."""
    return sum(not person.on_site for person in people) if scene.drill and not scene.playbook.drill else 0


def _quiet_until(desk: Desk, purpose: Purpose) -> str | None:
    """When what is routine would leave if it were pressed now, as the clock at the site shows it."""
    end = desk.quiet_until() if purpose is Purpose.ROUTINE else None
    return end.astimezone(desk.zone()).strftime("%H:%M") if end is not None else None


def _unheard(desk: Desk, step: Step, senders: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Senders that ask for answers which cannot come: no replies, no link, no other number (`engine.compose`)."""
    if step.notify is None or not step.notify.answers or desk.public_url or desk.gear.reply_number:
        return
    for each in senders:
        if not desk.gear.takes_replies(each["sender"]):
            yield (
                f"{step.id}: nobody can answer what {each['sender']} sends: it takes no replies, the site has no "
                "public_url, and no sender has a number for them."
            )


def _senders(desk: Desk, audience: Audience, letters: Any, load: dict[str, float]) -> tuple[list[dict[str, Any]], int]:
    """Per sender how much it carries and when the last one would be handed over at its own limit."""
    carried: dict[str, list[float]] = {}
    to_usa: dict[str, int] = {}
    total = 0
    for plan in audience.planned:
        _words, size, _id = letters.for_person(plan.person)
        units = size if plan.kind == "sms" else 1
        total += size if plan.kind == "sms" else 0
        carried.setdefault(plan.lane, []).append(units)
        if plan.kind == "sms" and plan.address.startswith(USA):
            to_usa[plan.lane] = to_usa.get(plan.lane, 0) + units
    found = []
    for lane, units in sorted(carried.items()):
        rate = desk.gear.senders[lane].rate
        load[lane] = load.get(lane, 0.0) + sum(units)
        found.append(
            {
                "sender": lane,
                "messages": len(units),
                "segments": int(sum(units)),
                "to_usa": to_usa.get(lane, 0),
                "rate": rate,
                "last_handed_over_s": round(load[lane] / (rate * REFILL), 1) if rate else None,
            }
        )
    return found, total


def _police_warning(desk: Desk, playbook: Playbook) -> list[str]:
    """Fewer than two distinct uplinks to police is a warning (PRODUCT 3, messages)."""
    police = [person for person in desk.held.everybody if "police" in person.roles]
    kinds = {kind for person in police for kind in person.addresses}
    uplinks = {desk.gear.senders[name].uplink for kind in kinds for name in desk.senders_for(kind)}
    if police and len(uplinks) < 2:
        return [f"Police are reached by {len(uplinks)} line only ({', '.join(uplinks) or 'none'})."]
    return [] if police or not playbook.rung else ["Nobody has the role police: no step can tell them."]
