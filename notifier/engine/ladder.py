"""What a press does to what is open: hold < secure < lockdown, and the actions beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from notifier.errors import Refused
from notifier.model.incident import LADDER, IncidentState
from notifier.model.playbook import Playbook


class Decision(Enum):
    OPEN = "open"
    JOIN = "join"
    UPGRADE = "upgrade"
    RETURN = "return"
    WIDEN = "widen"


@dataclass(frozen=True, slots=True)
class Verdict:
    decision: Decision
    incident: Mapping[str, Any] | None = None
    overtakes: tuple[Mapping[str, Any], ...] = ()
    """Drills that this live press closes."""


def decide(
    open_incidents: Sequence[Mapping[str, Any]],
    playbook: Playbook,
    drill: bool,
    zone: str | None,
    zones_reached: Mapping[str, frozenset[str]],
) -> Verdict:
    """What a press does to what is open.

    `zones_reached`: incident id to the zones its zone-wide runs already reach (empty: the whole site). Raises Refused
    for a drill during a live incident and for a drill of a higher rung than the one that runs: a drill is never
    upgraded.
    """
    live = [row for row in open_incidents if not row["drill"]]
    drills = [row for row in open_incidents if row["drill"]]
    if drill and live:
        text = f"A live incident is running ({live[0]['title']}, {live[0]['code']}). No drill can start now."
        raise Refused(text, status=409)
    same_kind = drills if drill else live
    overtakes = () if drill else tuple(drills)
    for row in same_kind:
        if not _meets(row, playbook):
            continue
        higher = playbook.rung > _rung(row)
        closing = row["state"] in (IncidentState.RELEASING, IncidentState.CLOSING)
        if drill:
            if higher:
                raise Refused(f"A drill is never upgraded: end the drill {row['code']} first.", status=409)
            return Verdict(Decision.JOIN, row)
        if higher:
            return Verdict(Decision.UPGRADE, row, overtakes)
        if closing:
            return Verdict(Decision.RETURN, row, overtakes)
        reached = zones_reached.get(row["id"], frozenset())
        if reached and zone is not None and zone not in reached and row["playbook"] == playbook.playbook:
            return Verdict(Decision.WIDEN, row, overtakes)
        return Verdict(Decision.JOIN, row, overtakes)
    return Verdict(Decision.OPEN, None, overtakes)


def _rung(row: Mapping[str, Any]) -> int:
    return LADDER.get(row["action"], 0)


def _meets(row: Mapping[str, Any], playbook: Playbook) -> bool:
    """On the ladder any press meets the open incident of the ladder; beside it only the same action does."""
    if playbook.rung and _rung(row):
        return True
    return not playbook.rung and bool(row["action"] == playbook.action)
