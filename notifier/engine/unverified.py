"""A press by a sensor, feed or tip: people may look first, and silence starts it (PRODUCT 5, verify). Bodies only.

Second 0: office and police are told "unverified". Nobody says that they look within `ack`: it starts. Somebody does: it
starts when `investigate` is over. A second trigger or a human press starts it at once. A veto names its person and
reaches all who were told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from notifier.engine.ladder import Decision, Verdict
from notifier.engine.notices import notice_timer, said_of
from notifier.engine.presses import Intake, Press, activation_row
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import UnverifiedState, UnverifiedWord, move_unverified
from notifier.model.step import TaskState, TimerKind, TimerState

LONGEST = 180.0
"""Seconds after which an unverified press starts whatever people say they do (PRODUCT 5)."""


def unverified(press: Press, verdict: Verdict) -> Body[Intake | None]:
    """What a press means for those that wait to be verified, and whether it must wait itself (then the Intake)."""
    act, site = press.activation, press.held.id
    if act.drill or act.only_tells:
        return None
    waiting = yield from waiting_timers(site)
    others = [timer for timer in waiting if said_of(timer)["source"] != act.source]
    if others:
        yield from _confirmed(press, others)
    if act.verify is None or press.forced or others or verdict.decision is Decision.JOIN:
        return None
    own = [said_of(timer)["activation"] for timer in waiting if said_of(timer)["source"] == act.source]
    if own:
        return Intake(own[0], "", "", joined=True, late=True)
    return (yield from _hold(press))


def waiting_timers(site: str) -> Body[Sequence[Mapping[str, Any]]]:
    return (yield Ask("waiting_timers_of_kind", {"site": site, "kind": str(TimerKind.VERIFY)}))


def _confirmed(press: Press, timers: Sequence[Mapping[str, Any]]) -> Body[None]:
    """A second trigger or a human press: what waited starts at once."""
    rows = [Row("timer", {"site": press.held.id, "id": timer["id"], "due": press.now}) for timer in timers]
    data = {
        "word": "confirmed",
        "by": press.activation.presser or press.activation.source,
        "activations": [said_of(timer)["activation"] for timer in timers],
    }
    yield Fact(EventKind.UNVERIFIED_MOVED, press.held.id, None, data, rows)


def _hold(press: Press) -> Body[Intake]:
    act, site, window = press.activation, press.held.id, press.activation.verify
    assert window is not None
    data = {"activation": act.id, "source": act.source, "investigate": window.investigate}
    timer = {"site": site, "id": f"verify:{act.id}", "incident": None, "kind": str(TimerKind.VERIFY)}
    where = press.held.zone_names.get(press.zone or "", "a place not known")
    text = (
        f"UNVERIFIED: {press.playbook.title} at {where}, reported by {act.presser or act.source}. It starts by itself "
        f"{window.ack:.0f} s after {press.clock_time} unless you say that you look, or that there is no danger."
    )
    task = {"site": site, "id": f"verify:{act.id}", "incident": None, "kind": "unverified", "subject": act.id}
    yield Fact(
        EventKind.UNVERIFIED,
        site,
        None,
        {"source": act.source, "presser": act.presser, "zone": press.zone, "playbook": act.playbook, "ack": window.ack},
        [
            activation_row(press, None, False, str(UnverifiedState.WAITING)),
            Row("timer", {**timer, "due": press.now + window.ack, "state": "waiting", "data": data}, new=True),
            Row(
                "task",
                {
                    **task,
                    "text": text,
                    "state": str(TaskState.OPEN),
                    "owner": None,
                    "owner_name": None,
                    "at": press.now,
                    "moved_at": None,
                },
                new=True,
            ),
            notice_timer(site, act.id, "unverified", press.now, wait=f"{window.ack:.0f}"),
        ],
    )
    return Intake(act.id, "", "", joined=False, late=True)


def verify_over_body(
    site: str,
    timer: Mapping[str, Any],
    done: Row,
    press_of: Callable[[Mapping[str, Any]], Press],
    fire: Callable[[Press], Body[Intake]],
) -> Body[Intake | None]:
    """Silence, or a second sign: it starts. None if somebody has decided meanwhile."""
    activation = said_of(timer)["activation"]
    found = yield Ask("activation_by_id", {"site": site, "id": activation})
    if not found or found[0]["state"] not in (UnverifiedState.WAITING, UnverifiedState.INVESTIGATED):
        yield Fact(EventKind.TIMER_FIRED, site, None, {"timer": timer["id"], "moot": True}, [done])
        return None
    move_unverified(UnverifiedState(found[0]["state"]), UnverifiedWord.FIRE)
    rows = [done, _task_done(site, activation)]
    yield Fact(EventKind.TIMER_FIRED, site, None, {"timer": timer["id"], "activation": activation}, rows)
    return (yield from fire(press_of(found[0])))


def verify_decision_body(
    site: str,
    activation: str,
    word: UnverifiedWord,
    who: tuple[str, str],
    now: float,
    press_of: Callable[[Mapping[str, Any]], Press],
    fire: Callable[[Press], Body[Intake]],
) -> Body[Intake | None]:
    """A named person decides. `who`: id and name. Raises NotFound, Refused, IllegalMove."""
    yield Ask("lock_site", {"site": site})
    found = yield Ask("activation_by_id", {"site": site, "id": activation})
    if not found or found[0]["state"] not in list(UnverifiedState):
        raise NotFound(f"No unverified press {activation} is known.")
    state = UnverifiedState(found[0]["state"])
    if state in (UnverifiedState.FIRED, UnverifiedState.VETOED):
        raise Refused(f"This press is {state} already. {state.sentence}", status=409)
    new = move_unverified(state, word)
    timer = {"site": site, "id": f"verify:{activation}"}
    rows = [Row("activation", {"site": site, "id": activation, "state": str(new)})]
    if new is UnverifiedState.INVESTIGATED:
        waiting = yield Ask("lock_timer", timer)
        due = min(now + float(said_of(waiting[0])["investigate"]), found[0]["received_at"] + LONGEST)
        rows += [
            Row("timer", {**timer, "due": due}),
            Row("task", {**timer, "state": str(TaskState.TAKEN), "owner": who[0], "owner_name": who[1]}),
        ]
    else:
        rows += [Row("timer", {**timer, "state": str(TimerState.CANCELLED)}), _task_done(site, activation, who[1], now)]
    if new is UnverifiedState.VETOED:
        rows.append(notice_timer(site, activation, "vetoed", now, who=who[1]))
    data = {"word": str(word), "by": who[1], "activations": [activation]}
    yield Fact(EventKind.UNVERIFIED_MOVED, site, None, data, rows)
    return (yield from fire(press_of(found[0]))) if new is UnverifiedState.FIRED else None


def _task_done(site: str, activation: str, name: str | None = None, now: float | None = None) -> Row:
    values: dict[str, Any] = {"site": site, "id": f"verify:{activation}", "state": str(TaskState.DONE)}
    if name is not None:
        values |= {"owner_name": name, "moved_at": now}
    return Row("task", values)


def only_told(press: Press) -> Body[Intake | None]:
    """The notice of a telephone system that somebody called 911 (47 CFR 9.16): the office hears of it at once."""
    act, site = press.activation, press.held.id
    if not act.only_tells:
        return None
    where = press.held.zone_names.get(press.zone or "", "a place not known")
    task = {
        "site": site,
        "id": f"called:{act.id}",
        "incident": None,
        "kind": "emergency_call",
        "subject": act.id,
        "text": f"Somebody called 911 from {where} at {press.clock_time} ({act.note or act.presser}). Go and look.",
        "state": str(TaskState.OPEN),
        "owner": None,
        "owner_name": None,
        "at": press.now,
        "moved_at": None,
    }
    rows = [
        activation_row(press, None, False, "told"),
        Row("task", task, new=True),
        notice_timer(site, act.id, "emergency_call", press.now, note=act.note or act.presser),
    ]
    yield Fact(EventKind.OFFICE_TOLD, site, None, {"source": act.source, "zone": press.zone, "note": act.note}, rows)
    return Intake(act.id, "", "", joined=False, late=True)
