"""Two nodes are pressed in the same instant, at every moment of one another's decision: it stays one response."""

import uuid
from typing import Any

import pytest

from notifier.engine.presses import Intake
from notifier.errors import Refused
from notifier.ledger.named_queries import load_queries
from notifier.ledger.postgres_server import connect
from tests.nodes.pair import Pair
from tests.unit.engine.school import SITE


def opened(nodes: Pair) -> list[dict[str, Any]]:
    return nodes.rows("open_incidents")


async def test_two_first_presses_are_one_incident_and_both_are_kept(nodes: Pair) -> None:
    marks: list[str] = []

    def make(_at: int) -> Any:
        marks[:] = [uuid.uuid4().hex[:6], uuid.uuid4().hex[:6]]
        return nodes.a.press(ident=marks[0]), nodes.b.press(zone="south", ident=marks[1])

    def check(at: int, first: Any, second: Any) -> None:
        assert isinstance(first, Intake), first
        assert isinstance(second, Intake), second
        (incident,) = opened(nodes)
        assert first.incident == second.incident == incident["id"], at
        assert sorted((first.joined, second.joined)) == [False, True]
        presses = nodes.rows("activations_of_incident", incident=incident["id"])
        assert {press["id"] for press in presses} == {f"act-{mark}" for mark in marks}
        steps = nodes.rows("steps_of_incident", incident=incident["id"])
        assert {step["run"] for step in steps} == {0}, "the response was begun twice"

    assert await nodes.every_meeting(make, check) > 5
    assert [str(each) for each in await nodes.a.ledger.verify()] == []


@pytest.mark.parametrize(
    ("one", "other"), [("hold", "lockdown"), ("lockdown", "hold"), ("secure", "lockdown"), ("hold-two", "secure")]
)
async def test_the_higher_rung_wins_whichever_node_came_first(nodes: Pair, one: str, other: str) -> None:
    higher = max(one.partition("-")[0], other, key=["hold", "secure", "lockdown"].index)

    def make(_at: int) -> Any:
        return nodes.a.press(one, ident=uuid.uuid4().hex[:6]), nodes.b.press(other, ident=uuid.uuid4().hex[:6])

    def check(at: int, first: Any, second: Any) -> None:
        (incident,) = opened(nodes)
        assert incident["action"] == higher, f"at {at}: {first} {second}"

    await nodes.every_meeting(make, check)


async def test_a_live_press_and_a_drill_leave_only_the_live_response(nodes: Pair) -> None:
    for live_first in (True, False):

        def make(_at: int, live_first: bool = live_first) -> Any:
            live = (nodes.a if live_first else nodes.b).press(ident=uuid.uuid4().hex[:6])
            drill = (nodes.b if live_first else nodes.a).press(ident=uuid.uuid4().hex[:6], drill=True)
            return (live, drill) if live_first else (drill, live)

        def check(at: int, first: Any, second: Any, live_first: bool = live_first) -> None:
            (incident,) = opened(nodes)
            assert not incident["drill"], at
            live, drill = (first, second) if live_first else (second, first)
            assert isinstance(live, Intake)
            assert isinstance(drill, Refused) or live.halted == [drill.incident]

        await nodes.every_meeting(make, check)


async def test_an_evacuation_stands_beside_a_lockdown(nodes: Pair) -> None:
    def make(_at: int) -> Any:
        return nodes.a.press("evacuate", ident=uuid.uuid4().hex[:6]), nodes.b.press(ident=uuid.uuid4().hex[:6])

    def check(at: int, first: Any, second: Any) -> None:
        assert {row["action"] for row in opened(nodes)} == {"evacuate", "lockdown"}, at
        assert first.incident != second.incident

    await nodes.every_meeting(make, check)


async def test_a_hold_of_one_zone_reaches_the_other_zone_too(nodes: Pair) -> None:
    def make(_at: int) -> Any:
        marks = uuid.uuid4().hex[:6], uuid.uuid4().hex[:6]
        return nodes.a.press("hold", "north", ident=marks[0]), nodes.b.press("hold", "south", ident=marks[1])

    def check(at: int, _first: Any, _second: Any) -> None:
        (incident,) = opened(nodes)
        assert {row["zone"] for row in nodes.rows("zones_of_incident", incident=incident["id"])} == {"north", "south"}
        runs = {step["run"] for step in nodes.rows("steps_of_incident", incident=incident["id"])}
        assert runs == {0, 1}, f"at {at}: the second zone was not widened into"

    await nodes.every_meeting(make, check)


@pytest.mark.parametrize("dedupe", ["", "key"])
async def test_one_press_that_is_told_to_both_nodes_is_one_press(nodes: Pair, dedupe: str) -> None:
    def make(_at: int) -> Any:
        marks, finger = (uuid.uuid4().hex[:6], uuid.uuid4().hex[:6]), f"button:{uuid.uuid4().hex[:6]}"
        key = f"{dedupe}{marks[0]}" if dedupe else ""
        return (
            nodes.a.press(ident=marks[0], source=finger, dedupe=key),
            nodes.b.press(ident=marks[1], source=finger, dedupe=key),
        )

    def check(at: int, first: Any, second: Any) -> None:
        assert isinstance(first, Intake), f"at {at} it was refused: {first}"
        assert isinstance(second, Intake), f"at {at} it was refused: {second}"
        assert first.activation == second.activation, f"at {at}"
        (incident,) = opened(nodes)
        assert len(nodes.rows("activations_of_incident", incident=incident["id"])) == 1

    await nodes.every_meeting(make, check)


async def test_a_press_gets_through_although_another_node_froze_in_the_middle_of_its_own(
    nodes: Pair,
) -> None:
    """A machine that stands still inside its transaction: the server ends that before the press runs out of tries."""
    stranger = await connect(nodes.a.ledger.address)
    try:
        lock = load_queries()["lock_site"].in_words({"site": SITE})
        await stranger.execute(f"begin; {lock}")
        intake = await nodes.b.run(nodes.b.press(ident="through"))
        assert intake.started
        await nodes.in_step()
        assert [row["id"] for row in opened(nodes)] == ["inc-through"]
    finally:
        stranger.terminate()
