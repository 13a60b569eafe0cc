"""How a response ends: all-clear, recall, mistake, the end of a drill. Two people where the policy says so.

A lockdown ends by release, not by message: all-clear leads to releasing; when every occupied room is released, or a
named person overrides with a reason, the closing steps run (PRODUCT 3, End). Nothing here ever unlocks a door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.approvals import APPROVAL_LASTS, as_second, asked_rows, decided_rows, who_asked
from notifier.engine.closing import Ended, Moment, Person, begin_closing, incident_row
from notifier.engine.held import Held
from notifier.engine.intake import cancel_waiting
from notifier.errors import NotFound, Refused
from notifier.interfaces import Ending
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import Action, IncidentState, IncidentWord, move_incident
from notifier.model.second_person import why_not_one
from notifier.model.site import TwoPeople
from notifier.model.step import (
    ApprovalState,
    ApprovalWord,
    Phase,
    TimerKind,
    TimerState,
    move_approval,
)

DISTRICT_COUNTS_AFTER = 180.0
"""Seconds after which the district on-call counts as second person (PRODUCT 3)."""
ALONE_AFTER = 600.0
"""Seconds after which who asked may decide alone, having signed in once more (PRODUCT 3)."""


def needs_two(held_of: Mapping[int, Held], row: Mapping[str, Any], ending: Ending) -> bool:
    """By the policy of the publication that the incident began with; one whose files are unknown needs two."""
    if row["drill"] or ending is Ending.STOP_DRILL:
        return False
    held = held_of.get(row["publication"])
    policy = held.site.two_people if held is not None else TwoPeople()
    return {
        Ending.ALL_CLEAR: policy.all_clear,
        Ending.RECALL: policy.recall,
        Ending.MISTAKE: policy.mistake,
    }[ending]


def ask_ending_body(
    held_of: Mapping[int, Held],
    site: str,
    incident: str,
    ending: Ending,
    who: Person,
    reason: str,
    at: Moment,
    approval_id: str,
) -> Body[Ended]:
    """End now where one person may, else ask for a second. Raises Refused, NotFound, IllegalMove."""
    row = yield from incident_row(site, incident)
    if ending is Ending.STOP_DRILL and not row["drill"]:
        raise Refused("This is a live incident; it ends by all-clear, recall or mistake.", status=409)
    word = WORD_OF[ending]
    move_incident(IncidentState(row["state"]), word)  # refuses now what could not be done after the approval
    if not needs_two(held_of, row, ending):
        return (yield from apply_ending(held_of, row, ending, who, None, reason, at))
    asked = yield Ask("open_approval", {"site": site, "incident": incident, "what": str(ending)})
    if asked:
        approval = asked[0]
        if approval["first"] != who.id:
            return (yield from _grant(held_of, row, approval, who, at))
        return Ended(IncidentState(row["state"]), approval["id"], approval["expires"])
    if why := why_not_one(who.human, row["raised_at"]):
        raise Refused(why)
    expires = at.now + APPROVAL_LASTS
    rows = asked_rows(site, approval_id, incident, str(ending), who, reason, at.now, expires, {})
    yield Fact(
        EventKind.APPROVAL_ASKED,
        site,
        incident,
        {"what": str(ending), "first": who.name, "reason": reason, "approval": approval_id},
        rows,
    )
    return Ended(IncidentState(row["state"]), approval_id, expires)


WORD_OF = {
    Ending.ALL_CLEAR: IncidentWord.ALL_CLEAR,
    Ending.RECALL: IncidentWord.RECALL,
    Ending.MISTAKE: IncidentWord.MISTAKE,
    Ending.STOP_DRILL: IncidentWord.STOP_DRILL,
}


def decide_body(
    held_of: Mapping[int, Held],
    site: str,
    approval_id: str,
    who: Person,
    grant: bool,
    at: Moment,
    may_command: bool,
    district: bool,
    *,
    reauthenticated: bool = False,
) -> Body[tuple[Mapping[str, Any], Ended | None]]:
    """The second person decides: another human account than the first, or after a time who asked, signed in anew.

    `reauthenticated`: they have just proven once more who they are. Raises Refused, NotFound, IllegalMove.
    """
    known = yield Ask("incident_of_approval", {"site": site, "id": approval_id})
    if not known:
        raise NotFound(f"There is no approval {approval_id}.")
    # Incident first, as whoever asks for an ending does: the other way round two nodes would wait for one another.
    row = yield from incident_row(site, known[0]["incident"])
    approval = (yield Ask("approval_by_id", {"site": site, "id": approval_id}))[0]
    no = ApprovalWord.WITHDRAW if who.id == approval["first"] else ApprovalWord.REFUSE
    word = ApprovalWord.GRANT if grant else no
    state = move_approval(ApprovalState(approval["state"]), word)
    must_count(approval, at.now, may_command, district)
    if not grant:
        yield Fact(
            EventKind.APPROVAL_DECIDED,
            site,
            approval["incident"],
            {"what": approval["what"], "state": str(state), "second": who.name},
            decided_rows(approval, state, who),
        )
        return approval, None
    ended = yield from _grant(held_of, row, approval, who, at, reauthenticated=reauthenticated)
    return approval, ended


def must_count(approval: Mapping[str, Any], now: float, may_command: bool, district: bool) -> None:
    """Raises Refused for who does not count as second person, or not yet."""
    waited = now - approval["asked_at"]
    if not may_command and (not district or waited < DISTRICT_COUNTS_AFTER):
        left = f" The district on-call counts in {DISTRICT_COUNTS_AFTER - waited:.0f} s." if district else ""
        raise Refused(f"This needs a person with the right to command.{left}")


def must_be_second(
    row: Mapping[str, Any], approval: Mapping[str, Any], who: Person, now: float, *, reauthenticated: bool
) -> None:
    """Raises Refused for who may not grant what was asked; IllegalMove."""
    if who.id == approval["first"]:
        may_alone(now - approval["asked_at"], reauthenticated)
    as_second(approval, who, row["raised_at"], now)


def _grant(
    held_of: Mapping[int, Held],
    row: Mapping[str, Any],
    approval: Mapping[str, Any],
    who: Person,
    at: Moment,
    *,
    reauthenticated: bool = False,
) -> Body[Ended]:
    first = who_asked(approval)
    alone = who.id == first.id
    must_be_second(row, approval, who, at.now, reauthenticated=reauthenticated)
    state = ApprovalState.GRANTED
    yield Fact(
        EventKind.APPROVAL_DECIDED,
        row["site"],
        row["id"],
        {
            "what": approval["what"],
            "state": str(state),
            "first": approval["first_name"],
            "second": f"{who.name} alone, signed in anew" if alone else who.name,
            "alone": alone,
        },
        decided_rows(approval, state, who),
    )
    if alone:
        first = Person(who.id, f"{who.name} alone, signed in anew")
    second = None if alone else who
    return (yield from apply_ending(held_of, row, Ending(approval["what"]), first, second, approval["reason"], at))


def may_alone(waited: float, reauthenticated: bool) -> None:
    """Raises Refused."""
    if waited < ALONE_AFTER:
        raise Refused(
            "The second person must be another one than the first. You asked; somebody else approves. If nobody comes, "
            f"you may decide alone in {(ALONE_AFTER - waited) / 60:.0f} min, after signing in once more."
        )
    if not reauthenticated:
        raise Refused("You may decide alone now. Sign in once more first; that you were alone is recorded.")


def apply_ending(
    held_of: Mapping[int, Held],
    row: Mapping[str, Any],
    ending: Ending,
    first: Person,
    second: Person | None,
    reason: str,
    at: Moment,
) -> Body[Ended]:
    """Move the incident; where that leads to closing, its closing run begins in the same transaction."""
    site, incident = row["site"], row["id"]
    state = move_incident(IncidentState(row["state"]), WORD_OF[ending])
    if state is IncidentState.RELEASING and row["action"] != Action.LOCKDOWN:
        state = move_incident(state, IncidentWord.ROOMS_RELEASED)
    who = first.name if second is None else f"{first.name} and {second.name}"
    change = {
        "site": site,
        "id": incident,
        "state": str(state),
        "ended_by": who,
        "ended_how": str(ending),
        "reason": reason,
        "outside_paused": 0,
    }
    cancelled = yield from cancel_waiting(site, incident)
    cancelled += yield from _cancel_escalations(site, incident, cancelled)
    data = {"word": str(WORD_OF[ending]), "from": row["state"], "to": str(state), "by": who, "reason": reason}
    yield Fact(EventKind.INCIDENT_MOVED, site, incident, data, [Row("incident", change), *cancelled])
    ended = Ended(state)
    if state is IncidentState.CLOSING:
        phase = Phase.CORRECTION if ending in (Ending.RECALL, Ending.MISTAKE) else Phase.ALL_CLEAR
        ended.scene, ended.rows = yield from begin_closing(held_of, row, phase, at)
    return ended


def _cancel_escalations(site: str, incident: str, already: Sequence[Row]) -> Body[list[Row]]:
    done = {row.values["id"] for row in already if row.table == "timer"}
    timers = yield Ask("waiting_timers_of_incident", {"site": site, "incident": incident})
    return [
        Row("timer", {"site": site, "id": timer["id"], "state": str(TimerState.CANCELLED)})
        for timer in timers
        if timer["kind"] == TimerKind.ESCALATE and timer["id"] not in done
    ]
