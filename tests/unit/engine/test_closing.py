"""The way back: rooms, closing steps, signals, doors and links, until nothing more will happen."""

from notifier.interfaces import Ending
from tests.unit.engine.bench import Bench
from tests.unit.engine.school import held, playbook


async def test_a_response_that_lit_signals_closes_when_they_are_told_off(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    await at.devices()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    await at.release(first.incident, override="all seen")
    await at.settle()
    assert at.state(first.incident) == "closing"
    assert sorted(await at.devices()) == ["sign off", "strobe off"]
    assert (at.state(first.incident), at.closing_steps(first.incident)["_signals_off"]) == ("closed", "done")


async def test_a_signal_that_stays_on_keeps_nobody_from_closing_and_is_a_task(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    await at.devices()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    await at.release(first.incident, override="all seen")
    await at.settle()
    await at.devices(proven=False)
    assert at.state(first.incident) == "closed"
    assert {row["subject"] for row in at.rows("task", kind="signal_still_on")} == {"sign", "strobe"}


async def test_a_signal_that_another_live_incident_lit_stays_on(at: Bench) -> None:
    lights = {"id": "lights", "signal": {"outputs": ["signal:sign"]}}
    at.publish(held(playbook("shelter", "shelter", lights), version=2))
    first = await at.press()
    await at.press("shelter")
    await at.devices()
    await at.both_end(first.incident, Ending.RECALL)
    assert [row["device"] for row in at.rows("command", verb="off")] == ["strobe"]
