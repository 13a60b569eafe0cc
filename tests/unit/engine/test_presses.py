"""A press: one incident however often, upgraded, joined, overtaken; its rows in the store."""

import pytest

from notifier.errors import Refused
from notifier.interfaces import Ending
from tests.unit.engine.bench import Bench, bench
from tests.unit.engine.school import held, notify, playbook


async def test_a_press_opens_with_doors_first_and_all_exterior_ones(at: Bench) -> None:
    intake = await at.press("lockdown", "north")
    told = [(row["kind"], row["device"]) for row in at.rows("command")]
    assert told[:4] == [("door", "d1"), ("door", "d2"), ("door", "gate"), ("door", "yard")]
    assert [kind for kind, _ in told[4:]] == ["page", "signal", "signal"]
    assert (at.state(intake.incident), intake.joined, intake.started) == ("active", False, True)
    assert at.row("activation")["incident"] == intake.incident


async def test_a_door_without_a_declared_way_out_is_never_commanded() -> None:
    doors = {"doors": ["all", "door:barn", "door:stairs"]}
    async with bench(held(playbook("all", "lockdown", {"id": "lock", "secure_doors": doors}))) as at:
        await at.press("all")
        assert {row["device"] for row in at.rows("command")} == {"gate", "yard", "d1", "d2", "tower"}


async def test_exterior_doors_are_left_where_somebody_decided_so_with_a_name() -> None:
    async with bench(held(lockdown_exterior={"leave": "shared with the clinic", "by": "P. Rin"})) as at:
        await at.press("lockdown")
        assert {row["device"] for row in at.rows("command", kind="door")} == {"d1", "d2"}


async def test_only_a_lockdown_takes_the_exterior_doors_by_itself(at: Bench) -> None:
    await at.press("secure")
    assert at.rows("command") == []


async def test_one_source_within_three_seconds_is_one_press(at: Bench) -> None:
    first = await at.press(source="button:desk")
    at.clock.time += 2.9
    again = await at.press(source="button:desk")
    assert (again.activation, again.incident, again.joined) == (first.activation, first.incident, True)
    assert len(at.rows("activation")) == 1
    assert not again.started


async def test_after_three_seconds_the_same_source_is_a_location_fix(at: Bench) -> None:
    first = await at.press(source="button:desk")
    at.clock.time += 3.1
    again = await at.press(source="button:desk")
    assert (again.incident, again.joined, again.started) == (first.incident, True, False)
    assert len(at.rows("activation", incident=first.incident)) == 2


async def test_within_three_seconds_a_press_for_something_worse_is_not_swallowed(at: Bench) -> None:
    first = await at.press("hold", source="account:pia")
    at.clock.time += 1
    worse = await at.press("lockdown", source="account:pia")
    assert worse.incident == first.incident
    assert at.row("incident")["action"] == "lockdown"


async def test_within_three_seconds_a_press_from_another_zone_is_a_location_fix(at: Bench) -> None:
    first = await at.press("lockdown", "north", source="account:pia")
    second = await at.press("lockdown", "south", source="account:pia")
    assert second.new_zone
    assert {row["zone"] for row in at.rows("activation", incident=first.incident)} == {"north", "south"}


async def test_a_drill_and_a_press_of_one_source_are_never_the_same_press(at: Bench) -> None:
    await at.press(source="button:desk", drill=True)
    live = await at.press(source="button:desk")
    assert (live.joined, at.row("incident", id=live.incident)["drill"]) == (False, 0)


async def test_an_idempotency_key_is_one_press_for_ever_and_each_source_has_its_own(at: Bench) -> None:
    first = await at.press(source="account:ada", dedupe="k")
    at.clock.time += 500
    again = await at.press(source="account:ada", dedupe="k")
    other = await at.press(source="account:ben", dedupe="k")
    assert again.activation == first.activation
    assert other.activation != first.activation
    assert len(at.rows("activation")) == 2


async def test_a_drill_cannot_use_up_the_key_of_a_live_press(at: Bench) -> None:
    drill = await at.press(source="account:ada", dedupe="k", drill=True)
    live = await at.press(source="account:ada", dedupe="k")
    assert live.incident != drill.incident
    assert at.state(live.incident) == "active"


async def test_a_key_of_another_day_starts_a_response_again(at: Bench) -> None:
    """A client that always sends the same key must not be deaf after its first incident."""
    first = await at.press("secure", source="account:ada", dedupe="always")
    await at.all_clear(first.incident)
    at.clock.time += 90_000
    again = await at.press("secure", source="account:ada", dedupe="always")
    assert (again.joined, at.state(again.incident)) == (False, "active")


async def test_a_device_that_always_sends_one_key_is_heard_again_after_a_quarter_of_an_hour(at: Bench) -> None:
    first = await at.press("secure", source="account:ada", dedupe="always")
    await at.all_clear(first.incident)
    at.clock.time += 800
    assert (await at.press("secure", source="account:ada", dedupe="always")).incident == first.incident
    at.clock.time += 200
    again = await at.press("secure", source="account:ada", dedupe="always")
    assert (again.joined, at.state(again.incident)) == (False, "active")


async def test_who_still_tries_to_say_the_same_press_is_not_taken_for_another(at: Bench) -> None:
    """A screen that got no answer for an hour keeps its key, and says since when it tries."""
    first = await at.press("secure", source="button:office", dedupe="this one")
    await at.all_clear(first.incident)
    at.clock.time += 3600
    again = await at.press("secure", source="button:office", dedupe="this one", ago=3600)
    assert (again.joined, again.incident) == (True, first.incident)
    assert at.state(first.incident) == "closed"


async def test_fifty_presses_with_keys_of_their_own_are_one_incident_and_fifty_fixes(at: Bench) -> None:
    for number in range(50):
        await at.press(source="account:ada", dedupe=f"k{number}")
    assert len(at.rows("incident")) == 1
    assert len(at.rows("activation", incident=at.row("incident")["id"])) == 50
    assert len(at.rows("step", id="lock")) == 1


async def test_a_press_from_a_new_zone_is_marked_as_news_once(at: Bench) -> None:
    await at.press("lockdown", "north")
    assert (await at.press("lockdown", "south")).new_zone
    assert not (await at.press("lockdown", "south")).new_zone
    assert not (await at.press("lockdown", None)).new_zone


async def test_a_higher_rung_starts_its_playbook_and_keeps_what_was_sent(at: Bench) -> None:
    first = await at.press("hold", "north")
    await at.settle()
    up = await at.press("lockdown", "south")
    incident = at.row("incident")
    assert (up.incident, up.run, up.started) == (first.incident, 1, True)
    assert (incident["action"], incident["playbook"], incident["run"]) == ("lockdown", "lockdown", 1)
    assert at.steps(first.incident, 0) == {"tell": "done", "later": "cancelled"}
    assert at.steps(first.incident, 1)["lock"] == "running"
    assert {row["state"] for row in at.rows("delivery", run=0)} == {"sent"}
    await at.advance(600)
    assert at.told(step="later") == []


async def test_messages_still_queued_at_an_upgrade_go_on(at: Bench) -> None:
    first = await at.press("hold", "north")
    await at.press("lockdown")
    await at.settle()
    assert {row["state"] for row in at.rows("delivery", run=0)} == {"sent"}
    assert at.steps(first.incident, 0)["tell"] == "done"


async def test_a_lower_rung_joins_and_starts_nothing(at: Bench) -> None:
    first = await at.press("lockdown")
    down = await at.press("hold", "south")
    assert (down.incident, down.started, at.row("incident")["action"]) == (first.incident, False, "lockdown")


async def test_another_action_opens_beside(at: Bench) -> None:
    first = await at.press("lockdown")
    beside = await at.press("medical")
    assert beside.incident != first.incident
    assert {at.state(first.incident), at.state(beside.incident)} == {"active"}


async def test_an_upgraded_response_goes_on_after_its_old_playbook_was_withdrawn() -> None:
    """An incident freezes what it runs: a publication in between takes nothing away from it."""
    extra = playbook("hold-old", "hold", notify("tell", ["group:staff"]))
    async with bench(held(extra)) as at:
        first = await at.press("hold-old")
        at.publish(held(version=2))
        await at.press("lockdown")
        await at.settle()
        assert at.steps(first.incident, 0)["tell"] == "done"
        assert at.steps(first.incident, 1)["police"] == "done"


async def test_a_zone_response_widens_by_the_version_it_was_frozen_with() -> None:
    async with bench() as at:
        first = await at.press("hold", "north")
        at.publish(held(playbook("hold", "hold", notify("other", ["all"]), scope="zone"), version=2))
        second = await at.press("hold", "south")
        assert second.started
        await at.settle()
        assert set(at.steps(first.incident, 1)) == {"tell", "later"}
        assert at.told(run=1) == ["cyd"]


async def test_a_live_press_closes_the_drill_and_says_so(at: Bench) -> None:
    drill = await at.press("lockdown", drill=True)
    live = await at.press("lockdown")
    assert live.halted == [drill.incident]
    assert at.state(drill.incident) == "closed"
    assert at.row("incident", id=drill.incident)["ended_how"] == "overtaken"
    assert at.rows("timer", incident=drill.incident, state="waiting") == []
    assert await at.settle() > 0
    assert {row["state"] for row in at.rows("delivery", incident=drill.incident)} == {"queued"}
    texts = [row["body"] for row in at.rows("words", incident=live.incident) if '"en"' in row["body"]]
    assert any("The drill has ended. REAL:" in text for text in texts)


async def test_links_of_an_overtaken_drill_die_too(at: Bench) -> None:
    at.desk.public_url = "https://oak.example"
    drill = await at.press("lockdown", drill=True)
    await at.press("lockdown")
    assert {row["dies_at"] for row in at.rows("link", incident=drill.incident)} == {at.clock.now() + 86400}


async def test_doors_that_only_a_drill_held_are_let_go_when_it_is_overtaken() -> None:
    doors = {"doors": ["door:tower", "door:d1"]}
    async with bench(held(playbook("practice", "evacuate", {"id": "d", "secure_doors": doors}, drill=True))) as at:
        await at.press("practice", drill=True)
        live = await at.press("lockdown")
        holders = {row["id"]: row["held_by"] for row in at.rows("door")}
        assert holders["tower"] is None
        assert holders["d1"] == live.incident


async def test_a_drill_touches_neither_doors_nor_signals_nor_people_outside(at: Bench) -> None:
    drill = await at.press("lockdown", drill=True)
    await at.settle()
    assert {row["kind"] for row in at.rows("command")} == {"page"}
    assert set(at.told()) == {"ada", "ben", "cyd"}
    assert at.steps(drill.incident)["lock"] == "skipped"
    assert {row["drill"] for row in at.rows("incident")} == {1}


async def test_a_drill_during_a_live_response_writes_nothing(at: Bench) -> None:
    await at.press("hold")
    before = at.snapshot()
    with pytest.raises(Refused):
        await at.press("lockdown", drill=True)
    assert at.snapshot() == before


# ------------------------------------------------------------------------------------------------ danger returning


@pytest.mark.parametrize("stage", ["releasing", "closing"])
async def test_a_new_press_before_the_close_leads_back(at: Bench, stage: str) -> None:
    first = await at.press("lockdown")
    await at.settle()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    await at.release(first.incident, ["r1"])
    if stage == "closing":
        await at.release(first.incident, override="all seen")
    assert at.state(first.incident) == stage
    back = await at.press("lockdown", "south")
    assert (back.incident, back.run, back.started, at.state(first.incident)) == (first.incident, 1, True, "active")
    assert at.row("room", id="r1")["state"] == "unknown"
    assert at.steps(first.incident, 1)["lock"] == "running"


async def test_a_returning_danger_of_a_lower_rung_runs_the_response_that_was_ending(at: Bench) -> None:
    """Going down a rung is an ending, never a press: the lockdown is on again, with its doors."""
    first = await at.press("lockdown")
    await at.settle()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    await at.press("hold", "north")
    assert at.row("incident")["action"] == "lockdown"
    assert "lock" in at.steps(first.incident, 1)


async def test_closing_words_that_had_not_left_never_leave_after_danger_returned(at: Bench) -> None:
    first = await at.press("lockdown")
    await at.settle()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    await at.release(first.incident, override="all seen")
    assert at.told(phase="all_clear", state="queued") != []
    await at.press("lockdown")
    assert set(at.closing_steps(first.incident).values()) == {"cancelled"}
    await at.all_clear(first.incident)
    assert at.told(phase="all_clear", run=0, state="sent") == []
    assert at.told(phase="all_clear", run=1, state="sent") != []
    assert at.state(first.incident) == "closed"


async def test_the_page_of_a_returning_danger_takes_the_speakers_from_the_closing_words(at: Bench) -> None:
    first = await at.press("lockdown")
    ending = await at.both_end(first.incident, Ending.RECALL)
    back = await at.press("lockdown")
    assert back.scene is not None
    assert ending.scene is not None
    assert back.scene.priority > ending.scene.priority


async def test_no_page_of_a_lower_rung_ever_takes_the_speakers_of_a_higher_one(at: Bench) -> None:
    low, high = await at.press("medical"), await at.press("lockdown")
    assert high.scene is not None
    for _time in range(12):  # ended and back, again and again
        ending = await at.both_end(low.incident, Ending.RECALL)
        back = await at.press("medical")
        assert ending.scene is not None
        assert back.scene is not None
        assert max(ending.scene.priority, back.scene.priority) < high.scene.priority
