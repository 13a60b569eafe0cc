"""Scheduled drills: a timer row each, which tells people ahead, then begins. Never over a live response, never late.

The row counts in steady time like every timer; when it fires the wall clock is asked, for a calendar is about that. A
clock that was set back makes it wait again; one that is more than ten minutes late is reported and not started.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from notifier.engine.desk import Desk
from notifier.engine.drill_calendar import next_of
from notifier.engine.intake import press_body, verdict_of
from notifier.engine.ladder import Decision
from notifier.engine.notices import about_id, notice_rows, said_of, scene_about
from notifier.engine.presses import Intake, Press
from notifier.errors import Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.site import ScheduledDrill
from notifier.model.step import TimerKind, TimerState

if TYPE_CHECKING:
    from notifier.engine.orchestrator import Orchestrator

LATEST = timedelta(minutes=10)
"""A drill that is later is not started but reported: nobody expects it any more."""
EARLY = timedelta(seconds=1)
LOOK_EVERY = 1.0
"""Seconds between looks whether another set of files was published."""
TELL, BEGIN = "tell", "begin"
TITLE = {"en": "DRILL at {{site}}", "es": "SIMULACRO en {{site}}"}
AHEAD = {
    "en": "{{site}}: a drill of {{action}} begins at %(at)s. It is not an emergency; nobody needs to come.",
    "es": "{{site}}: un simulacro de {{action}} empieza a las %(at)s. No es una emergencia; nadie tiene que venir.",
}


async def keep_schedule(engine: Orchestrator) -> None:
    """Until cancelled: every published drill has its timer."""
    known = None
    while True:
        site = engine.desk.held.site
        if (site.drills, site.timezone) != known:
            await engine.ledger.run(lambda: schedule_body(engine.desk))
            known = (site.drills, site.timezone)
        await engine.desk.clock.sleep(LOOK_EVERY)


def schedule_body(desk: Desk) -> Body[None]:
    """A timer for each drill that has none, or another plan; no timer for what is not published any more."""
    site, wall = desk.held.site, desk.clock.wall()
    waiting = {row["id"]: row for row in (yield Ask("waiting_timers_of_kind", _kind(desk.site)))}
    rows = []
    for drill in site.drills:
        known = waiting.pop(_timer(drill), None)
        if known is None or said_of(known)["plan"] != _plan(desk, drill):
            row = _armed(desk, drill, wall)
            rows += [row] if row is not None else []
    rows += [Row("timer", {"site": desk.site, "id": each, "state": str(TimerState.CANCELLED)}) for each in waiting]
    if rows:
        yield Fact(EventKind.DRILL_SCHEDULED, desk.site, None, {"drills": [drill.id for drill in site.drills]}, rows)


def drill_body(
    desk: Desk, timer: Mapping[str, Any], done: Row, press_of: Callable[[Mapping[str, Any]], Press]
) -> Body[tuple[Intake | None, bool]]:
    """(what began, whether messages were written)."""
    data = said_of(timer)
    drill = next((each for each in desk.held.site.drills if each.id == data["drill"]), None)
    if drill is None or drill.playbook not in desk.held.playbooks:
        yield Fact(EventKind.TIMER_FIRED, desk.site, None, {"timer": timer["id"], "moot": True}, [done])
        return None, False
    planned, wall = datetime.fromisoformat(data["planned"]), desk.clock.wall()
    ahead = timedelta(seconds=drill.told_ahead) if data["stage"] == TELL else timedelta()
    if wall < planned - ahead - EARLY:
        again = _waits(desk, timer["id"], data, planned - ahead)
        yield Fact(EventKind.DRILL_SCHEDULED, desk.site, None, {"drill": drill.id, "clock_moved": True}, [again])
        return None, False
    if wall > planned + LATEST:
        minutes = (wall - planned).total_seconds() / 60
        yield from _not_started(desk, drill, planned, f"its time passed {minutes:.0f} min before", done)
        return None, False
    if data["stage"] == TELL:
        return None, (yield from _told(desk, drill, timer, planned))
    press = press_of(_activation(drill, planned))
    try:
        verdict = yield from verdict_of(press)
    except Refused as refusal:
        yield from _not_started(desk, drill, planned, str(refusal).rstrip("."), done)
        return None, False
    if verdict.decision is not Decision.OPEN:
        yield from _not_started(desk, drill, planned, "another drill is running", done)
        return None, False
    next_row = _armed(desk, drill, max(wall, planned))
    rows = [next_row if next_row is not None else done]
    yield Fact(EventKind.TIMER_FIRED, desk.site, None, {"timer": timer["id"], "drill": drill.id}, rows)
    return (yield from press_body(press, desk.held_of)), False


def _told(desk: Desk, drill: ScheduledDrill, timer: Mapping[str, Any], planned: datetime) -> Body[bool]:
    """Dispatch is told before anything sounds; the timer goes on to the beginning."""
    row = {**_activation(drill, planned), "received_wall": desk.clock.wall().isoformat()}
    said = {"at": planned.astimezone(desk.zone()).strftime("%H:%M")}
    messages, names = notice_rows(desk, scene_about(desk, row), drill.tell, AHEAD, "ahead", said, TITLE)
    waits = _waits(desk, timer["id"], {**said_of(timer), "stage": BEGIN}, planned)
    about = about_id(row["id"])
    yield Fact(EventKind.NOTICE_SENT, desk.site, about, {"what": "drill_ahead", "told": names}, [waits, *messages])
    return bool(messages)


def _not_started(desk: Desk, drill: ScheduledDrill, planned: datetime, why: str, done: Row) -> Body[None]:
    at = planned.astimezone(desk.zone()).strftime("%Y-%m-%d %H:%M")
    task = {
        "site": desk.site,
        "id": f"drill:{drill.id}:{planned:%Y%m%d%H%M}",
        "incident": None,
        "kind": "drill_not_started",
        "subject": drill.id,
        "text": f"The drill {drill.name or drill.id} of {at} was not started: {why}. Start it by hand, or let it be.",
        "state": "open",
        "owner": None,
        "owner_name": None,
        "at": desk.clock.now(),
        "moved_at": None,
    }
    next_row = _armed(desk, drill, desk.clock.wall())
    rows = [next_row if next_row is not None else done, Row("task", task, new=True)]
    yield Fact(EventKind.DRILL_NOT_STARTED, desk.site, None, {"drill": drill.id, "planned": at, "why": why}, rows)


def _activation(drill: ScheduledDrill, planned: datetime) -> dict[str, Any]:
    return {
        "id": f"drill-{drill.id}-{planned:%Y%m%d%H%M}",
        "source": f"schedule:{drill.id}",
        "playbook": drill.playbook,
        "zone": drill.zone,
        "drill": 1,
        "note": "",
        "pressed_at": None,
        "dedupe": None,
        "presser": f"the schedule ({drill.name or drill.id})",
    }


def _armed(desk: Desk, drill: ScheduledDrill, wall: datetime) -> Row | None:
    """The timer of the next time; told ahead first, or at once if that moment has passed."""
    planned = next_of(drill, desk.held.site.timezone, wall)
    if planned is None:
        return None
    data = {"drill": drill.id, "planned": planned.isoformat(), "stage": TELL, "plan": _plan(desk, drill)}
    due = desk.clock.now() + max(0.0, (planned - wall).total_seconds() - drill.told_ahead)
    values = {
        "incident": None,
        "kind": str(TimerKind.DRILL),
        "due": due,
        "state": str(TimerState.WAITING),
        "data": data,
    }
    return Row("timer", {"site": desk.site, "id": _timer(drill), **values}, new=True)


def _waits(desk: Desk, timer: str, data: Mapping[str, Any], until: datetime) -> Row:
    due = desk.clock.now() + max(0.0, (until - desk.clock.wall()).total_seconds())
    return Row(
        "timer", {"site": desk.site, "id": timer, "state": str(TimerState.WAITING), "due": due, "data": dict(data)}
    )


def _plan(desk: Desk, drill: ScheduledDrill) -> str:
    return "|".join(
        (drill.at or drill.cron, desk.held.site.timezone, drill.playbook, drill.zone or "", f"{drill.told_ahead:g}")
    )


def _timer(drill: ScheduledDrill) -> str:
    return f"drill:{drill.id}"


def _kind(site: str) -> dict[str, str]:
    return {"site": site, "kind": str(TimerKind.DRILL)}
