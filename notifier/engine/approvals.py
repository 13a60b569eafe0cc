"""A question for a second person, whatever it is about: its rows, who counts beside whom, and saying no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.engine.closing import Person
from notifier.engine.writing import decoded
from notifier.errors import NotFound, Refused
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.second_person import why_not_one, why_not_two
from notifier.model.step import ApprovalState, ApprovalWord, TimerKind, TimerState, move_approval

APPROVAL_LASTS = 900.0
"""Seconds until an unanswered question for a second person in an incident runs out and must be asked again."""
PUBLISH = "publish"
"""What is asked: a set of files that shall run from then on. It belongs to no incident."""
MESSAGE = "message"
"""What is asked: a typed message to people outside. The other questions are `interfaces.Ending`."""
OLDER = {PUBLISH: "this was asked"}
"""What an account must be older than, where that is not the incident."""


def asked_rows(
    site: str, approval: str, incident: str | None, what: str, who: Person, reason: str, now: float, expires: float,
    data: Mapping[str, Any],
) -> list[Row]:  # fmt: skip
    """The question, and the timer by which it runs out."""
    return [
        Row(
            "approval",
            {
                "site": site, "id": approval, "incident": incident or "", "what": what,
                "state": str(ApprovalState.ASKED), "first": who.id, "first_name": who.name, "second": None,
                "second_name": None, "reason": reason, "asked_at": now, "expires": expires,
                "data": {**as_they_are(who), **data},
            },
            new=True,
        ),
        Row(
            "timer",
            {
                "site": site, "id": f"approval:{approval}", "incident": incident, "kind": str(TimerKind.APPROVAL),
                "due": expires, "state": str(TimerState.WAITING), "data": {"approval": approval},
            },
            new=True,
        ),
    ]  # fmt: skip


def who_asked(approval: Mapping[str, Any]) -> Person:
    """As they were when they asked."""
    known = decoded(approval["data"])
    since, made_by = float(known.get("since", 0.0)), str(known.get("made_by", ""))
    return Person(approval["first"], approval["first_name"], since, made_by, bool(known.get("shown")))


def as_they_are(who: Person) -> dict[str, Any]:
    """What is kept of who asks, to judge them beside the second."""
    return {"since": who.since, "made_by": who.made_by, "shown": who.shown}


def as_second(approval: Mapping[str, Any], who: Person, began: float, now: float) -> None:
    """Whether `who` may grant it beside who asked. Raises Refused: not two humans, or it ran out; IllegalMove."""
    first = who_asked(approval)
    than = OLDER.get(approval["what"], "the incident began")
    if why := why_not_one(who.human, began, than) or why_not_two(first.human, who.human, now):
        raise Refused(why)
    if now >= approval["expires"]:
        raise Refused("The question ran out; nothing was done. Ask again, then somebody else approves.", status=409)
    move_approval(ApprovalState(approval["state"]), ApprovalWord.GRANT)


def decided_rows(approval: Mapping[str, Any], state: ApprovalState, who: Person, why: str = "") -> Sequence[Row]:
    site, more = approval["site"], {"data": {**decoded(approval["data"]), "why": why}} if why else {}
    decided = {"site": site, "id": approval["id"], "state": str(state), "second": who.id, "second_name": who.name}
    timer = {"site": site, "id": f"approval:{approval['id']}", "state": str(TimerState.CANCELLED)}
    return [Row("approval", {**decided, **more}), Row("timer", timer)]


def granted_fact(approval: Mapping[str, Any], who: Person) -> Fact:
    state = move_approval(ApprovalState(approval["state"]), ApprovalWord.GRANT)
    data = {"what": approval["what"], "state": str(state), "first": approval["first_name"], "second": who.name}
    rows = decided_rows(approval, state, who)
    return Fact(EventKind.APPROVAL_DECIDED, approval["site"], approval["incident"] or None, data, rows)


def refuse_body(site: str, approval: str, who: Person, why: str) -> Body[ApprovalState]:
    """Somebody says no, for a reason, or who asked takes it back. Raises Refused, NotFound, IllegalMove."""
    found = yield Ask("approval_by_id", {"site": site, "id": approval})
    if not found:
        raise NotFound(f"There is no approval {approval}.")
    own = who.id == found[0]["first"]
    if not own and not why.strip():
        raise Refused("Say why it is refused: who asked reads it. Nothing was done.", status=422)
    word = ApprovalWord.WITHDRAW if own else ApprovalWord.REFUSE
    state = move_approval(ApprovalState(found[0]["state"]), word)
    data = {"what": found[0]["what"], "state": str(state), "first": found[0]["first_name"], "second": who.name}
    yield Fact(
        EventKind.APPROVAL_DECIDED,
        site,
        found[0]["incident"] or None,
        {**data, "reason": why.strip()},
        decided_rows(found[0], state, who, why.strip()),
    )
    return state
