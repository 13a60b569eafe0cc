"""What a press does to what is open: every cell of the table, written out once by hand."""

import itertools
from typing import Any

import pytest

from notifier.engine.ladder import Decision, decide
from notifier.errors import Refused
from notifier.model.incident import IncidentState
from tests.unit.engine.school import playbook

RUNG = ("hold", "secure", "lockdown")
BESIDE = ("evacuate", "shelter", "medical", "other")
STATES = [str(state) for state in IncidentState if state is not IncidentState.CLOSED]


def row(action: str, state: str = "active", *, drill: bool = False, name: str = "") -> dict[str, Any]:
    ident = f"{'drill' if drill else 'live'}-{action}"
    return {
        "id": ident, "playbook": name or action, "action": action, "state": state, "drill": int(drill), "title": action,
        "code": "ACDE",
    }  # fmt: skip


def verdict(open_rows: list[dict[str, Any]], pressed: str, *, drill: bool = False, **more: Any) -> Any:
    return decide(open_rows, playbook(more.pop("name", pressed), pressed), drill, more.pop("zone", None),
                  more.pop("reached", {}))  # fmt: skip


@pytest.mark.parametrize("pressed", [*RUNG, *BESIDE])
@pytest.mark.parametrize("drill", [False, True])
def test_with_nothing_open_a_press_opens(pressed: str, drill: bool) -> None:
    assert verdict([], pressed, drill=drill).decision is Decision.OPEN


@pytest.mark.parametrize(("open_action", "pressed", "state"), list(itertools.product(RUNG, RUNG, STATES)))
def test_on_the_ladder_up_upgrades_and_the_same_or_down_joins(open_action: str, pressed: str, state: str) -> None:
    found = verdict([row(open_action, state)], pressed)
    if RUNG.index(pressed) > RUNG.index(open_action):
        wanted = Decision.UPGRADE
    elif state in ("releasing", "closing"):
        wanted = Decision.RETURN
    else:
        wanted = Decision.JOIN
    assert (found.decision, found.incident["id"]) == (wanted, f"live-{open_action}")


@pytest.mark.parametrize(("open_action", "pressed"), list(itertools.product([*RUNG, *BESIDE], BESIDE)))
def test_beside_the_ladder_only_the_same_action_is_joined(open_action: str, pressed: str) -> None:
    wanted = Decision.JOIN if open_action == pressed else Decision.OPEN
    assert verdict([row(open_action)], pressed).decision is wanted


@pytest.mark.parametrize(("open_action", "pressed"), list(itertools.product(BESIDE, RUNG)))
def test_a_press_of_the_ladder_opens_beside_what_is_not_on_it(open_action: str, pressed: str) -> None:
    assert verdict([row(open_action)], pressed).decision is Decision.OPEN


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("open_action", [*RUNG, *BESIDE])
@pytest.mark.parametrize("pressed", [*RUNG, *BESIDE])
def test_no_drill_starts_while_anything_live_is_open(open_action: str, pressed: str, state: str) -> None:
    with pytest.raises(Refused, match="live incident is running"):
        verdict([row(open_action, state)], pressed, drill=True)


@pytest.mark.parametrize("pressed", [*RUNG, *BESIDE])
@pytest.mark.parametrize("open_action", [*RUNG, *BESIDE])
def test_a_live_press_overtakes_every_drill_and_never_joins_one(open_action: str, pressed: str) -> None:
    drills = [row(open_action, drill=True), row("shelter", "closing", drill=True)]
    found = verdict(drills, pressed)
    assert found.decision is Decision.OPEN
    assert list(found.overtakes) == drills


@pytest.mark.parametrize(("open_action", "pressed"), list(itertools.product(RUNG, RUNG)))
def test_a_drill_is_never_upgraded(open_action: str, pressed: str) -> None:
    drills = [row(open_action, drill=True)]
    if RUNG.index(pressed) > RUNG.index(open_action):
        with pytest.raises(Refused, match="never upgraded"):
            verdict(drills, pressed, drill=True)
    else:
        assert verdict(drills, pressed, drill=True).decision is Decision.JOIN


@pytest.mark.parametrize(
    ("zone", "reached", "name", "wanted"),
    [
        ("south", frozenset({"north"}), "hold", Decision.WIDEN),
        ("north", frozenset({"north"}), "hold", Decision.JOIN),
        (None, frozenset({"north"}), "hold", Decision.JOIN),
        ("south", frozenset(), "hold", Decision.JOIN),
        ("south", frozenset({"north"}), "hold-two", Decision.JOIN),
    ],
)
def test_a_response_of_one_zone_reaches_a_new_zone_by_its_own_playbook(
    zone: str | None, reached: frozenset[str], name: str, wanted: Decision
) -> None:
    found = verdict([row("hold")], "hold", name=name, zone=zone, reached={"live-hold": reached})
    assert found.decision is wanted
