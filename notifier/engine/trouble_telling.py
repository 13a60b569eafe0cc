"""Who is told of troubles, when, and never in a flood: one message for all that is due, then a pause.

What was told stands on the trouble's row, written in one fact with the messages: no restart tells it twice or forgets
it. A trouble that comes and goes within the hour is told once.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from notifier.engine.desk import Desk
from notifier.engine.drill_calendar import zone_of
from notifier.engine.scene import Scene
from notifier.engine.selectors import select_people
from notifier.engine.steps.notify import delivery_rows
from notifier.engine.trouble_calendar import told_at
from notifier.errors import LedgerError
from notifier.model.delivery import Purpose
from notifier.model.events import EventKind
from notifier.model.facts import Ask, Body, Fact, Row
from notifier.model.incident import incident_code
from notifier.model.playbook import Notify, Playbook
from notifier.model.step import Phase, TroubleState
from notifier.model.watching import TroublePolicy, When

if TYPE_CHECKING:
    from notifier.engine.orchestrator import Orchestrator

LOOK_EVERY = 5.0
GATHER = 15.0
"""Seconds that a trouble must have stood: a dead switch makes thirty within a round, and they are one message."""
STILL_FRESH = 3600.0
"""Seconds after which a trouble that was told and came back is told again."""
NEVER = -math.inf
NAMED = 3
"""Troubles named in one message; the others are counted."""
LONGEST_NAME = 140
ROUTINE = 7
"""Leaves after everything of an incident and every drill (engine.audience.priority_of)."""
TEXTS = {
    "en": "{{site}}: %(count)s of ours %(are)s broken. %(what)s Look: notifier troubles",
    "es": "{{site}}: averías nuestras: %(count)s. %(what)s Vea: notifier troubles",
}
TITLE = {"en": "Trouble at {{site}}", "es": "Avería en {{site}}"}
MORE = {"en": "And %s more.", "es": "Y %s más."}


@dataclass(frozen=True, slots=True)
class Group:
    """What the same people are told together."""

    to: tuple[str, ...]
    troubles: tuple[Mapping[str, Any], ...]


def due_groups(
    rows: Sequence[Mapping[str, Any]],
    policy: TroublePolicy,
    timezone: str,
    now: float,
    wall: datetime,
    *,
    busy: bool,
) -> list[Group]:
    """`rows`: troubles that are not cleared; `busy`: a live response is open, and only `now` disturbs beside it."""
    zone, found = zone_of(timezone), dict[tuple[str, ...], list[Mapping[str, Any]]]()
    last: dict[tuple[str, ...], float] = {}
    for row in rows:
        telling = policy.of(row["kind"])
        last[telling.to] = max(last.get(telling.to, NEVER), NEVER if row["told_at"] is None else row["told_at"])
        if row["state"] != TroubleState.RAISED or not _untold(row, now) or (busy and telling.when is not When.NOW):
            continue
        moment = told_at(telling.when, datetime.fromisoformat(row["raised_wall"]), policy.school_day, zone)
        if moment is not None and moment <= wall and now - row["raised_at"] >= GATHER:
            found.setdefault(telling.to, []).append(row)
    return [Group(to, tuple(group)) for to, group in found.items() if now - last[to] >= policy.not_oftener]


def _untold(row: Mapping[str, Any], now: float) -> bool:
    told = row["told_at"]
    return told is None or (told < row["raised_at"] and now - told >= STILL_FRESH)


def tell_body(desk: Desk, group: Group) -> Body[int]:
    """Messages to everybody of the group, and the note on each trouble; how many messages that are."""
    now = desk.clock.now()
    standing = []
    for each in group.troubles:
        known = yield Ask("trouble_by_id", {"site": desk.site, "id": each["id"]})
        if known and known[0]["state"] == TroubleState.RAISED and known[0]["told_at"] == each["told_at"]:
            standing.append(known[0])
    if not standing:
        return 0
    scene = scene_beside(desk, "trouble")
    policy = desk.held.site.troubles
    texts = {language: text % said(standing, language) for language, text in TEXTS.items()}
    deed = Notify(to=group.to, by=policy.by, message=texts, title=TITLE, purpose=Purpose.ROUTINE)
    audience = desk.audience(scene, desk.people(scene, deed.to), deed.by, at_once=True)
    rows = as_routine(delivery_rows(scene, "_trouble", 0, audience.planned, desk.letters(scene, deed)))
    rows += [Row("trouble", {"site": desk.site, "id": row["id"], "told_at": now}) for row in standing]
    names = sorted({plan.person.name for plan in audience.planned})
    data = {"troubles": [row["id"] for row in standing], "to": list(group.to), "told": names}
    yield Fact(EventKind.TROUBLES_TOLD, desk.site, None, data, rows)
    return len(audience.planned)


def said(standing: Sequence[Mapping[str, Any]], language: str) -> dict[str, str]:
    """The first of them in their own words, and how many more; no field of a message is filled in them."""
    named = [_cut(row["text"].replace("{{", "").replace("}}", "")) for row in standing[:NAMED]]
    if len(standing) > NAMED:
        named.append(MORE[language] % (len(standing) - NAMED))
    count = "one thing" if len(standing) == 1 and language == "en" else f"{len(standing)}"
    if language == "en" and len(standing) > 1:
        count = f"{len(standing)} things"
    return {"count": count, "are": "is" if len(standing) == 1 else "are", "what": " ".join(named)}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def scene_beside(desk: Desk, what: str, *, mark: str = "", drill: bool = False) -> Scene:
    """A scene for messages that belong to no incident. Its words count as closing ones, which leave while none is
    open.
    """
    at, about = desk.moment(), f"{what}-{mark or uuid.uuid4().hex}"
    return Scene(
        held=desk.held, playbook=_no_playbook(what), incident=about, code=incident_code(about), run=0,
        phase=Phase.ALL_CLEAR, zone=None, drill=drill, now=at.now, wall=at.wall, node=desk.node,
        clock_time=desk.site_time(),
    )  # fmt: skip


def as_routine(rows: Sequence[Row]) -> list[Row]:
    """Behind everything else that waits in the same lane."""
    return [
        Row(row.table, {**row.values, "priority": ROUTINE}, row.new) if row.table == "delivery" else row for row in rows
    ]


@cache
def _no_playbook(what: str) -> Playbook:
    step = {"id": "told", "notify": {"to": ["all"], "by": ["push"], "message": "-"}}
    lists = {name: [step] for name in ("steps", "all_clear", "correction")}
    return Playbook.model_validate(
        {"playbook": what, "title": what.title(), "action": "other", "severity": "minor", "drill": True, **lists}
    )


async def keep_telling(engine: Orchestrator) -> None:
    """Until cancelled: what is due is told. A store that is gone is told too: it is written into memory then."""
    desk, ledger = engine.desk, engine.ledger
    while True:
        await desk.clock.sleep(LOOK_EVERY)
        site = desk.held.site
        busy = any(not row["drill"] for row in desk.incidents.values())
        rows = ledger.read("troubles", site=desk.site)
        groups = due_groups(rows, site.troubles, site.timezone, desk.clock.now(), desk.clock.wall(), busy=busy)
        for group in groups:
            if not select_people(desk.held, group.to):
                continue  # nobody to tell: readiness says so, and it is told when there is somebody
            try:
                if await ledger.run(partial(tell_body, desk, group)):
                    engine.lanes.wake()
            except LedgerError:
                break
