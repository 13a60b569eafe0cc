"""After a restart, what a dead process left open is picked up: nothing lost, nothing forgotten, no unlock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from notifier.engine.acknowledgements import said_by_people
from notifier.engine.desk import Desk
from notifier.engine.page_records import cut_off_body
from notifier.engine.playbook_run import step_of
from notifier.engine.steps.notify import delivery_rows, purpose_of
from notifier.engine.writing import decoded, link_rows
from notifier.interfaces import CanBeAsked, Ledger
from notifier.model.delivery import DeliveryState, DeliveryWord, move_delivery
from notifier.model.door import CommandState
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import IncidentState
from notifier.model.step import Phase, StepState

if TYPE_CHECKING:
    from notifier.engine.orchestrator import Orchestrator


LIVE = "_live:"
"""How the step of a page begins that a person typed or spoke (`live_pages`)."""

UNLOCKED_BY_NOW = 600.0
"""Seconds after which no node is unlocking a door any more: two paths and their read-backs take less than a minute.
What a node that is gone for good, or has another name now, left open is told of then.
"""


async def recover(engine: Orchestrator) -> None:
    """Read what is open, settle what a dead process held, and put the rest back to work."""
    desk, ledger = engine.desk, engine.ledger
    for row in ledger.read("open_incidents", site=desk.site):
        desk.incidents[row["id"]] = dict(row)
        for answer in said_by_people(ledger.read("answers_of_incident", site=desk.site, incident=row["id"])):
            if answer["person"]:
                desk.answered.add((row["id"], answer["person"]))
    for row in ledger.read("opt_outs", site=desk.site):
        desk.opted_out.add((row["kind"], row["address"], row["lane"]))
    desk.browsers.load(ledger, desk.site)
    askable = {name for name, channel in desk.gear.channels.items() if isinstance(channel, CanBeAsked)}
    await ledger.run(lambda: adopt_body(desk.site, ledger.node, askable, desk.clock.now()))
    for row in ledger.read("unknown_deliveries", site=desk.site):
        engine.lost.add(dict(row))
    engine.ready = True
    for incident in list(desk.incidents.values()):
        resume(engine, incident)


def resume(engine: Orchestrator, incident: Mapping[str, Any]) -> None:
    """Commands that were on their way are told again (each is harmless to repeat; an unlock is not among them)."""
    desk, ledger = engine.desk, engine.ledger
    steps = ledger.read("steps_of_incident", site=desk.site, incident=incident["id"])
    by_key = {(step["run"], step["phase"], step["id"]): step for step in steps}
    commands = ledger.read("open_commands", site=desk.site, incident=incident["id"])
    cut_off = [each for each in commands if each["step"].startswith(LIVE) and each["state"] == CommandState.SENDING]
    if cut_off:
        engine.spawn(ledger.run(lambda: cut_off_body(desk.site, incident["id"], cut_off, desk.clock.now())))
    closing = incident["state"] == IncidentState.CLOSING
    waves: dict[tuple[int, str], list[Row]] = {}
    scenes: dict[tuple[int, str], Any] = {}
    for command in commands:
        key = (command["run"], command["phase"])
        step = by_key.get((*key, command["step"]))
        if step is None or (closing and command["phase"] == Phase.MAIN):
            continue  # what a response had begun is over when it closes: its page is not said again
        scenes.setdefault(key, desk.scene_of_step(incident, step))
        if command["verb"] == "release":
            engine.spawn(engine.devices.look_released(scenes[key], command["id"], command["device"]))
            continue
        waves.setdefault(key, []).append(Row("command", dict(command)))

    def launch() -> None:
        for key, rows in waves.items():
            engine.devices.launch(scenes[key], rows)

    if not closing:
        launch()
    engine.spawn(_resume_writing(engine, incident, steps, launch if closing else None))
    engine.nudge(incident["id"])


async def _resume_writing(
    engine: Orchestrator,
    incident: Mapping[str, Any],
    steps: Sequence[Mapping[str, Any]],
    launch: Callable[[], None] | None,
) -> None:
    """Steps whose messages were not all written go on where they were; a closing only after what it waits for.

    `launch`: puts the commands of a closing on the wire, once the response is silent.
    """
    if launch is not None:
        closing = [each for each in steps if each["run"] == incident["run"] and each["phase"] != Phase.MAIN]
        if closing:
            await engine.letters.drain(engine.desk.scene_of_step(incident, closing[-1]))
        launch()
    else:
        await engine.letters.stop_closing(incident["id"])
    for step in steps:
        if step["state"] == StepState.RUNNING and step["deed"] == "notify" and not step["expanded"]:
            scene = engine.desk.scene_of_step(incident, step)
            engine.spawn(engine.letters.step(scene, step["id"], decoded(step["detail"]).get("written", 0)))


def adopt_body(site: str, node: str, askable: set[str], now: float) -> Body[int]:
    """Deliveries that a dead process left in `sending`: unknown where the provider can be asked, else queued.

    A double is possible only for these: at most the window that was in flight.
    """
    open_rows = yield Ask("held_deliveries", {"site": site, "node": node})
    yield Fact(EventKind.STARTED, site, None, {"node": node, "left_open": len(open_rows)})
    by_incident: dict[str, list[Row]] = {}
    for row in open_rows:
        word = DeliveryWord.LOSE if row["lane"] in askable else DeliveryWord.RETRY
        state = move_delivery(DeliveryState.SENDING, word)
        values = {
            "site": site,
            "id": row["id"],
            "state": str(state),
            "due": now,
            "detail": "left open by a process that died",
        }
        by_incident.setdefault(row["incident"], []).append(Row("delivery", values))
    for incident, rows in by_incident.items():
        yield Fact(EventKind.RECOVERED, site, incident, {"count": len(rows)}, rows)
    restores = yield Ask("open_restores", {"site": site, "node": node, "over": now - UNLOCKED_BY_NOW})
    for command in restores:
        task = Row(
            "task",
            {
                "site": site,
                "id": f"restore:{command['incident']}:{command['device']}",
                "incident": command["incident"],
                "kind": "door_not_restored",
                "subject": command["device"],
                "text": f"{command['device']} was being unlocked when the daemon stopped. It is not told again: look.",
                "state": "open",
                "owner": None,
                "owner_name": None,
                "at": now,
                "moved_at": None,
            },
            new=True,
        )
        yield Fact(
            EventKind.RECOVERED,
            site,
            command["incident"],
            {"door": command["device"], "unlock": "not repeated"},
            [
                Row(
                    "command",
                    {
                        "site": site,
                        "id": command["id"],
                        "state": str(CommandState.NOT_PROVEN),
                        "detail": "the daemon stopped meanwhile; an unlock is never repeated by itself",
                    },
                ),
                task,
            ],
        )
    return len(open_rows)


def next_address_rows(desk: Desk, ledger: Ledger, row: Mapping[str, Any]) -> Sequence[Row]:
    """Rows of the person's next address after this one failed, where a step tries one after another.

    Severe and extreme go to all addresses at once, so nothing is left to try there (PRODUCT 3, messages).
    """
    incident = desk.incidents.get(row["incident"])
    if incident is None or row["level"] != 0:
        return ()
    steps = ledger.read(
        "step_by_key", site=desk.site, incident=row["incident"], run=row["run"], phase=row["phase"], id=row["step"]
    )
    if not steps:
        return ()
    scene = desk.scene_of_step(incident, steps[0])
    step = step_of(scene, row["step"])
    person = scene.held.people.get(row["person"])
    if step is None or step.notify is None or person is None or scene.playbook.everyone_at_once:
        return ()
    audience = desk.audience(scene, [person], step.notify.by, purpose=purpose_of(scene, step.notify))
    tried = [plan for plan in audience.planned if plan.kind == row["kind"]]
    after = [plan for plan in audience.planned if tried and plan.rank == tried[0].rank + 1]
    if not after:
        return ()
    letters = desk.letters(scene, step.notify)
    rows = delivery_rows(scene, step.id, 0, after, letters)
    return [*rows, *link_rows(scene, after, desk.link_hashes(scene, audience, letters))]


def further_body(site: str, incident: str, rows: Sequence[Row]) -> Body[None]:
    yield Fact(
        EventKind.DELIVERIES_QUEUED, site, incident, {"count": len(rows), "why": "the address before failed"}, rows
    )


def park_timer_body(site: str, timer: str, due: float) -> Body[None]:
    """A timer that cannot fire is tried again later; it is never dropped."""
    yield Fact(
        EventKind.TIMER_FIRED,
        site,
        None,
        {"timer": timer, "parked": True},
        [Row("timer", {"site": site, "id": timer, "due": due})],
    )
