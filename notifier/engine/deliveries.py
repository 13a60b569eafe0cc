"""The life of deliveries in the ledger: claimed, settled, reported, stopped. Bodies only; nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.errors import Reason
from notifier.model.delivery import DeliveryState, DeliveryWord, Report, later_news, move_delivery
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row, Rows

REFILL = 0.99
"""Buckets refill at 99 % of the sender's limit, so that no window of any length exceeds it (PRODUCT 5, lane)."""
DEPTH = 0.1
"""Seconds of rate that a bucket holds, at least one segment."""
RESERVE = 0.5
"""Share of a sender's day that drills and routine messages may not touch: a morning's drill must not use up what an
emergency at noon needs (carriers block what is over their day's limit)."""
EVERYTHING, EMERGENCY_ONLY = 9, 4
"""Priorities up to which a lane claims; drills begin at 5 (engine.audience)."""
NO_DAY = {"day": "", "used": 0}


@dataclass(frozen=True, slots=True)
class Claim:
    rows: Rows
    wait: float
    """Seconds until the lane may claim again; 0: at once, inf: until something is queued."""
    used_up: bool = False
    """The day's limit is reached: what waits must go another way."""


def refilled(tokens: float, at: float, now: float, rate: float) -> float:
    """Tokens after the time since `at`; a clock that went back gives nothing."""
    return min(max(DEPTH * rate, 1.0), tokens + max(0.0, now - at) * rate * REFILL)


@dataclass(frozen=True, slots=True)
class DayLimit:
    """What the provider takes from this sender in a day."""

    segments: int
    day: str
    """The day it is, UTC; another one than the lane's row says begins a new count."""

    def left(self, known: Rows) -> int:
        used = int(known[0]["used"]) if known and known[0]["day"] == self.day else 0
        return self.segments - used

    def reserve(self) -> int:
        """What drills and routine messages leave for an emergency."""
        return int(self.segments * RESERVE)


def claim_body(
    site: str, lane: str, node: str, room: int, rate: float | None, now: float, daily: DayLimit | None = None
) -> Body[Claim]:
    """Take what this lane may send now: at most `room` deliveries, and only as many segments as it has tokens.

    With `daily`, nothing leaves that the provider would block for the rest of the day, and drills and routine messages
    leave the emergency's reserve alone.

    Taking the tokens and the rows is one transaction: the limit is exact over nodes and restarts. A message longer than
    what is left leaves a debt. One may leave as soon as its debt cannot break the limit of any 10 s, which is up to
    0.1 s before the bucket is full, so that looking a little late loses nothing of the rate. A claim is a lease and
    leaves no event (model.facts).
    """
    tokens, least, most = 1e9, 0.0, EVERYTHING
    known: Rows = ()
    if rate is not None or daily is not None:
        known = yield Ask("lane_of", {"site": site, "name": lane})
    if rate is not None:
        full = max(DEPTH * rate, 1.0)
        tokens = refilled(known[0]["tokens"], known[0]["at"], now, rate) if known else full
        least = full - DEPTH * rate
        if tokens < least:
            return Claim((), (least - tokens) / (rate * REFILL))
    allowed = 1e9
    if daily is not None:
        allowed = daily.left(known) - 1.0  # the query takes what begins before this
        if allowed < 0:
            return Claim((), float("inf"), used_up=True)
        if allowed < daily.reserve():
            most = EMERGENCY_ONLY
        else:
            allowed -= daily.reserve()  # an emergency goes on with the next claim
    rows = yield Ask(
        "claim_deliveries",
        {
            "site": site,
            "lane": lane,
            "node": node,
            "now": now,
            "room": room,
            "tokens": min(tokens - least, allowed),
            "most": most,
        },
    )
    used = sum(row["segments"] for row in rows)
    if (rate is not None or daily is not None) and (used or not known):
        left = tokens - used if rate is not None else 0.0
        counted = {"day": daily.day, "used": daily.segments - daily.left(known) + used} if daily else NO_DAY
        yield Ask("put_lane", {"site": site, "name": lane, "tokens": left, "at": now, **counted})
    if rate is not None and rows:
        return Claim(rows, max(0.0, (least - tokens + used) / (rate * REFILL)))
    return Claim(rows, 0.0 if len(rows) == room else float("inf"))


@dataclass(slots=True)
class Settled:
    """What became of one claimed delivery. Not frozen: one is made per message, and that takes a third of the time."""

    id: str
    incident: str
    attempt: int
    word: DeliveryWord
    at: float
    ref: str | None = None
    reason: Reason | None = None
    detail: str | None = None
    lane: str | None = None
    due: float = 0.0
    state: DeliveryState | None = None
    """Where the provider's receipt says more than `sent`."""


def settle_body(
    site: str, node: str, batch: Sequence[Settled], rows_for_failed: Mapping[str, Sequence[Row]]
) -> Body[list[Settled]]:
    """Write the outcomes of a batch: one event per incident. Returns those that counted.

    Only rows that this node still holds with the same attempt are settled; a row that another took over is left alone.
    `rows_for_failed`: delivery id to the rows of the person's next address, for steps that try one after another.
    """
    mine = yield Ask("held_deliveries", {"site": site, "node": node})
    attempts = {row["id"]: row["attempt"] for row in mine}
    counted = [each for each in batch if attempts.get(each.id) == each.attempt]
    by_incident: dict[str, list[Settled]] = {}
    for each in counted:
        by_incident.setdefault(each.incident, []).append(each)
    for incident, group in by_incident.items():
        rows: list[Row] = []
        further: list[Row] = []
        moved: list[Row] = []
        for each in group:
            state = move_delivery(DeliveryState.SENDING, each.word)
            if each.word is DeliveryWord.ACCEPTED and each.state is not None:
                state = each.state
            values = {
                "site": site,
                "id": each.id,
                "state": str(state),
                "ref": each.ref,
                "reason": str(each.reason) if each.reason else None,
                "detail": each.detail,
                "at": each.at,
            }
            if each.word is DeliveryWord.RETRY:
                values["due"] = each.due
                if each.lane is not None:
                    values["lane"] = each.lane
                moved.append(Row("delivery", values))
            else:
                rows.append(Row("delivery", values))
            if each.word is DeliveryWord.FAIL:
                further.extend(rows_for_failed.get(each.id, ()))
        data = {"count": len(group)}
        yield Fact(EventKind.DELIVERIES_SETTLED, site, incident, data, [*rows, *moved, *further])
    return counted


def report_body(site: str, reports: Sequence[Report], now: float) -> Body[tuple[list[Mapping[str, Any]], list[Report]]]:
    """Apply providers' later news; returns (deliveries that failed after they had left, reports nobody here knows)."""
    failed: list[Mapping[str, Any]] = []
    unknown: list[Report] = []
    changes: dict[str, list[Row]] = {}
    for report in reports:
        known = yield Ask("delivery_by_ref", {"site": site, "ref": report.ref})
        if not known:
            unknown.append(report)
            continue
        for row in known:
            state = later_news(DeliveryState(row["state"]), report.word)
            if state is None:
                continue
            changes.setdefault(row["incident"], []).append(
                Row(
                    "delivery",
                    {
                        "site": site,
                        "id": row["id"],
                        "state": str(state),
                        "reason": str(report.reason) if report.reason else row["reason"],
                        "detail": report.detail or row["detail"],
                        "at": now,
                        "lane": row["lane"],
                    },
                )
            )
            if state is DeliveryState.FAILED:
                failed.append(dict(row))
    for incident, rows in changes.items():
        yield Fact(EventKind.DELIVERIES_REPORTED, site, incident, {"count": len(rows)}, rows)
    return failed, unknown


def stop_body(
    site: str,
    incident: str,
    word: DeliveryWord,
    limit: int,
    *,
    agencies_too: bool,
    person: str | None = None,
    query: str = "queued_of_incident",
) -> Body[int]:
    """Stop up to `limit` queued main-phase deliveries of an incident; returns how many.

    `query` "queued_closing" stops the closing words instead.
    With `person`, those of this person that ask for an answer: what else they are sent has to leave.
    A recall never withdraws a message to police, EMS or fire unseen: those go on and are followed by a correction.
    """
    args: dict[str, Any] = {"site": site, "incident": incident, "limit": limit, "agencies": int(agencies_too)}
    if person is not None:
        query, args["person"] = "queued_of_person", person
    queued = yield Ask(query, args)
    if not queued:
        return 0
    state = str(move_delivery(DeliveryState.QUEUED, word))
    rows = [Row("delivery", {"site": site, "id": row["id"], "state": state}) for row in queued]
    yield Fact(
        EventKind.DELIVERIES_STOPPED, site, incident, {"count": len(rows), "word": str(word), "person": person}, rows
    )
    return len(rows)
