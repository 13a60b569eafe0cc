"""A press that arrives long after it was made: never dropped, never behind people's backs."""

import pytest

from notifier.engine.moves import late_decision_body
from notifier.errors import NotFound
from notifier.interfaces import Ending
from tests.unit.engine.bench import Bench


async def stop(at: Bench, activation: str, *, fire: bool = False) -> None:
    intake = await at.run(lambda: late_decision_body(at.desk, activation, fire, "Ben Oz", at.desk.moment(), at.late))
    if intake is not None:
        await at.after_press(intake)


@pytest.mark.parametrize("ago", [None, 0.0, 59.0, 60.0, -3600.0])
async def test_a_press_of_the_last_minute_or_from_the_future_is_now(at: Bench, ago: float | None) -> None:
    assert at.state((await at.press(ago=ago)).incident) == "active"


async def test_a_late_press_fires_after_fifteen_seconds(at: Bench) -> None:
    late = await at.press(ago=61)
    assert (late.late, late.incident, at.rows("incident")) == (True, "", [])
    assert at.row("task", kind="late_press")["state"] == "open"
    await at.advance(14.9)
    assert at.rows("incident") == []
    await at.advance(0.2)
    assert at.row("incident")["state"] == "active"
    assert at.row("activation")["state"] == "fired"
    assert at.row("task", kind="late_press")["state"] == "done"
    await at.advance(120)
    assert len(at.rows("incident")) == 1


async def test_somebody_may_stop_it_and_then_it_never_fires(at: Bench) -> None:
    late = await at.press(ago=300)
    await stop(at, late.activation)
    await at.advance(3600)
    assert at.rows("incident") == []
    assert (at.row("task")["state"], at.row("activation")["state"]) == ("done", "stopped")
    with pytest.raises(NotFound):
        await stop(at, late.activation)


async def test_somebody_may_fire_it_at_once(at: Bench) -> None:
    late = await at.press(ago=300)
    await stop(at, late.activation, fire=True)
    assert at.row("incident")["state"] == "active"
    await at.advance(60)
    assert len(at.rows("incident")) == 1


@pytest.mark.parametrize("ending", [Ending.ALL_CLEAR, Ending.RECALL])
async def test_after_an_end_it_only_asks_every_minute_for_ever(at: Bench, ending: Ending) -> None:
    first = await at.press()
    at.clock.time += 100
    if ending is Ending.ALL_CLEAR:
        await at.all_clear(first.incident)
    else:
        await at.both_end(first.incident, ending)
        await at.finish(first.incident)
    late = await at.press(ago=90)
    assert late.late
    await at.advance(3600)
    assert [row["id"] for row in at.rows("incident")] == [first.incident]
    asked = at.told(step="_late", kind="sms")
    assert (asked.count("dee"), asked.count("pia"), asked.count("pol")) == (61, 61, 1)
    assert len(at.waiting("ask_again")) == 1
    assert "all-clear came since" in at.row("task", kind="late_press")["text"]
    await stop(at, late.activation, fire=True)
    assert len(at.rows("incident")) == 2
    assert at.waiting("ask_again") == []


@pytest.mark.parametrize("stage", ["releasing", "closing"])
async def test_it_does_not_wake_a_response_whose_end_was_decided(at: Bench, stage: str) -> None:
    first = await at.press()
    at.clock.time += 100
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    if stage == "closing":
        await at.release(first.incident, override="all seen")
    late = await at.press(ago=90)
    await at.advance(30)
    assert late.late
    assert at.state(first.incident) == stage
    assert at.row("activation", id=late.activation)["state"] == "asks"


async def test_an_end_that_comes_while_it_waits_makes_it_ask(at: Bench) -> None:
    hold = await at.press("hold", "north")
    late = await at.press("lockdown", ago=90)
    assert late.late
    at.clock.time += 5
    await at.both_end(hold.incident, Ending.RECALL)
    await at.advance(100)
    assert at.row("incident")["action"] == "hold"
    assert at.row("activation", id=late.activation)["state"] == "asks"
    assert at.waiting("ask_again") != []


async def test_an_end_before_it_was_made_does_not_hold_it_back(at: Bench) -> None:
    first = await at.press("secure")
    await at.all_clear(first.incident)
    at.clock.time += 1000
    await at.press("secure", ago=500)
    await at.advance(16)
    assert len(at.rows("incident")) == 2


async def test_during_the_same_response_it_is_a_location_fix_at_once(at: Bench) -> None:
    first = await at.press("lockdown", "north")
    late = await at.press("hold", "south", ago=500)
    assert (late.incident, late.joined, late.late) == (first.incident, True, False)


@pytest.mark.parametrize("running", ["hold", "medical"])
async def test_an_old_press_for_something_worse_waits_although_something_is_live(at: Bench, running: str) -> None:
    await at.press(running, "north")
    late = await at.press("lockdown", ago=500)
    assert late.late
    assert [row["action"] for row in at.rows("incident")] == [running]
    await at.advance(16)
    assert "lockdown" in {row["action"] for row in at.rows("incident")}


async def test_a_press_made_now_is_not_taken_for_the_old_one_that_only_asks(at: Bench) -> None:
    """A button that was offline sends the old press, and a second later somebody presses it."""
    await at.press(source="button:desk", ago=500)
    at.clock.time += 1
    now = await at.press(source="button:desk", ago=0)
    assert (now.late, at.state(now.incident)) == (False, "active")


async def test_a_press_made_now_with_the_old_ones_key_is_not_taken_for_it(at: Bench) -> None:
    await at.press(source="button:desk", ago=500, dedupe="k")
    now = await at.press(source="button:desk", dedupe="k")
    assert at.state(now.incident) == "active"


async def test_the_same_late_press_again_asks_once(at: Bench) -> None:
    first = await at.press(source="button:desk", ago=500, dedupe="k")
    again = await at.press(source="button:desk", ago=501, dedupe="k")
    assert (again.activation, again.late) == (first.activation, True)
    assert len(at.rows("task")) == 1


async def test_a_late_press_joins_what_somebody_else_started_meanwhile(at: Bench) -> None:
    await at.press("lockdown", "south", ago=500)
    first = await at.press("lockdown", "north")
    await at.advance(20)
    assert len(at.rows("incident")) == 1
    assert at.fired[0].incident == first.incident
    assert len(at.rows("activation", incident=first.incident)) == 2
