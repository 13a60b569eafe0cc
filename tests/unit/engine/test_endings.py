"""Who may end what, by how many, and until when."""

import pytest

from notifier.engine.closing import Person
from notifier.engine.moves import claim_mistake_body, pause_outside_body
from notifier.errors import IllegalMove, NotFound, Refused
from notifier.interfaces import Ending
from tests.unit.engine.bench import ADA, BEN, Bench
from tests.unit.engine.school import SITE

TWO = [Ending.ALL_CLEAR, Ending.RECALL, Ending.MISTAKE]


@pytest.mark.parametrize("ending", TWO)
async def test_a_live_response_ends_by_two_people(at: Bench, ending: Ending) -> None:
    first = await at.press()
    asked = await at.end(first.incident, ending)
    assert asked.approval is not None
    assert at.state(first.incident) == "active"
    await at.decide(asked.approval, BEN)
    assert at.state(first.incident) == ("releasing" if ending is Ending.ALL_CLEAR else "closing")
    assert at.row("approval")["state"] == "granted"
    assert at.row("incident")["ended_by"] == "Ada Ng and Ben Oz"


@pytest.mark.parametrize("ending", [Ending.ALL_CLEAR, Ending.STOP_DRILL])
async def test_one_person_ends_a_drill(at: Bench, ending: Ending) -> None:
    drill = await at.press(drill=True)
    ended = await at.end(drill.incident, ending)
    assert ended.approval is None
    assert at.state(drill.incident) in ("releasing", "closing")


async def test_a_live_response_is_no_drill_to_be_stopped(at: Bench) -> None:
    first = await at.press()
    with pytest.raises(Refused):
        await at.end(first.incident, Ending.STOP_DRILL)


@pytest.mark.parametrize("ending", TWO)
async def test_the_second_person_is_another_person_not_another_device(at: Bench, ending: Ending) -> None:
    first = await at.press()
    asked = await at.end(first.incident, ending)
    assert asked.approval is not None
    before = at.snapshot()
    with pytest.raises(Refused):
        await at.decide(asked.approval, Person(ADA.id, "Ada on another phone"))
    assert at.snapshot() == before
    again = await at.end(first.incident, ending)
    assert again.approval == asked.approval
    assert at.state(first.incident) == "active"


@pytest.mark.parametrize("ending", TWO)
async def test_an_account_made_during_the_incident_is_none_of_the_two(at: Bench, ending: Ending) -> None:
    first = await at.press()
    made_now = Person("eve", "Eve", at.clock.now() + 1)
    with pytest.raises(Refused, match="made after the incident began"):
        await at.end(first.incident, ending, made_now)
    asked = await at.end(first.incident, ending)
    assert asked.approval is not None
    with pytest.raises(Refused, match="made after the incident began"):
        await at.decide(asked.approval, made_now)
    assert at.state(first.incident) == "active"


async def test_asking_for_the_same_counts_as_the_second_person(at: Bench) -> None:
    first = await at.press()
    await at.end(first.incident, Ending.RECALL, ADA)
    await at.end(first.incident, Ending.RECALL, BEN)
    assert at.state(first.incident) == "closing"


async def test_two_different_endings_are_not_two_people_for_one(at: Bench) -> None:
    first = await at.press()
    await at.end(first.incident, Ending.RECALL, ADA)
    await at.end(first.incident, Ending.ALL_CLEAR, BEN)
    assert at.state(first.incident) == "active"
    assert len(at.rows("approval", state="asked")) == 2


async def test_the_district_counts_after_three_minutes(at: Bench) -> None:
    first = await at.press()
    asked = await at.end(first.incident, Ending.RECALL)
    assert asked.approval is not None
    at.clock.time += 179.9
    with pytest.raises(Refused, match="counts in"):
        await at.decide(asked.approval, may_command=False, district=True)
    at.clock.time += 0.2
    await at.decide(asked.approval, may_command=False, district=True)
    assert at.state(first.incident) == "closing"


async def test_whoever_may_not_command_never_counts(at: Bench) -> None:
    first = await at.press()
    asked = await at.end(first.incident, Ending.RECALL)
    assert asked.approval is not None
    at.clock.time += 600
    for grant in (True, False):
        with pytest.raises(Refused):
            await at.decide(asked.approval, may_command=False, grant=grant)
    assert at.row("approval")["state"] == "asked"


async def test_a_refusal_changes_nothing_else_and_may_be_asked_again(at: Bench) -> None:
    first = await at.press()
    asked = await at.end(first.incident, Ending.RECALL)
    assert asked.approval is not None
    await at.decide(asked.approval, grant=False)
    assert (at.state(first.incident), at.row("approval")["state"]) == ("active", "refused")
    with pytest.raises(IllegalMove):
        await at.decide(asked.approval)
    again = await at.end(first.incident, Ending.RECALL)
    assert again.approval != asked.approval


async def test_a_question_that_nobody_answers_runs_out_and_nothing_is_done(at: Bench) -> None:
    first = await at.press()
    asked = await at.end(first.incident, Ending.RECALL)
    assert asked.approval is not None
    await at.advance(901)
    assert at.row("approval")["state"] == "expired"
    with pytest.raises(IllegalMove):
        await at.decide(asked.approval)
    assert at.state(first.incident) == "active"


async def test_a_question_past_its_time_cannot_be_granted_although_no_timer_has_run(at: Bench) -> None:
    """After the daemon was down, the timers of meanwhile fire a moment later than the first click may come."""
    first = await at.press()
    asked = await at.end(first.incident, Ending.RECALL)
    assert asked.approval is not None
    at.clock.time += 1000
    with pytest.raises(Refused, match="ran out"):
        await at.decide(asked.approval)
    with pytest.raises(Refused, match="ran out"):
        await at.end(first.incident, Ending.RECALL, BEN)
    assert at.state(first.incident) == "active"


async def test_what_the_table_forbids_is_refused_before_anybody_is_asked(at: Bench) -> None:
    first = await at.press()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    before = at.snapshot()
    for ending in (Ending.ALL_CLEAR, Ending.MISTAKE):
        with pytest.raises(IllegalMove):
            await at.end(first.incident, ending)
    assert at.snapshot() == before


async def test_an_approval_granted_too_late_for_its_incident_changes_nothing(at: Bench) -> None:
    first = await at.press()
    asked = await at.end(first.incident, Ending.ALL_CLEAR)
    assert asked.approval is not None
    await at.both_end(first.incident, Ending.RECALL)
    before = at.snapshot()
    with pytest.raises(IllegalMove):
        await at.decide(asked.approval)
    assert at.snapshot() == before


async def test_what_is_not_there_is_said(at: Bench) -> None:
    with pytest.raises(NotFound):
        await at.end("nothing", Ending.RECALL)
    with pytest.raises(NotFound):
        await at.decide("nothing")


async def test_an_ending_stops_timers_repeats_and_escalations(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    assert at.state(first.incident) == "releasing"
    assert [row["kind"] for row in at.rows("timer", state="waiting") if row["kind"] in ("escalate", "repeat")] == []
    await at.advance(600)
    assert at.told(step="guardians") == []
    assert at.told(level=1, step="staff") == []


# ------------------------------------------------------------------------------------------------ mistake and pause


async def claim(at: Bench, incident: str) -> bool:
    return await at.run(lambda: claim_mistake_body(SITE, incident, "button:1", "Ada", at.desk.moment()))


async def pause(at: Bench, incident: str, *, pause: bool = True) -> dict[str, int]:
    return await at.run(lambda: pause_outside_body(SITE, incident, "Ada", pause))


async def test_a_claimed_mistake_holds_outside_people_and_moves_nothing_else(at: Bench) -> None:
    first = await at.press()
    doors = at.rows("door")
    assert await claim(at, first.incident)
    row = at.row("incident")
    assert (row["state"], row["outside_paused"], row["mistake_claimed"]) == ("active", 1, 1)
    assert at.rows("door") == doors
    assert at.row("task", kind="mistake_claimed")["state"] == "open"
    assert not await claim(at, first.incident)


async def test_while_outside_waits_only_police_ems_and_fire_are_written_to(at: Bench) -> None:
    first = await at.press()
    await at.advance(6)  # doors are not proven: district and police are told
    await pause(at, first.incident)
    await at.settle()
    states = {row["person"]: row["state"] for row in at.rows("delivery")}
    assert states == {"ada": "sent", "ben": "sent", "cyd": "sent", "pol": "sent", "dee": "queued"}
    counts = await pause(at, first.incident, pause=False)
    assert counts == {"left": 0, "waiting": 1}
    await at.settle()
    assert at.row("delivery", person="dee")["state"] == "sent"


async def test_a_pause_ends_with_the_response_so_that_closing_words_leave(at: Bench) -> None:
    first = await at.press("secure")
    await at.settle()
    await pause(at, first.incident)
    await at.both_end(first.incident, Ending.RECALL)
    assert at.row("incident")["outside_paused"] == 0


async def test_nothing_of_a_closed_incident_can_be_changed(at: Bench) -> None:
    first = await at.press("secure")
    await at.all_clear(first.incident)
    for change in (claim(at, first.incident), pause(at, first.incident)):
        with pytest.raises(Refused):
            await change
