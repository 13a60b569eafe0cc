"""Silence told upwards: when, to whom, with which rooms named, and once."""

import pytest

from notifier.model.people import Person
from tests.unit.engine.bench import Bench, bench
from tests.unit.engine.school import PEOPLE, STAFF, held, playbook


async def pressed(at: Bench, need: str | int = "all") -> str:
    asking = STAFF | {"acknowledge": {**STAFF["acknowledge"], "need": need}}  # type: ignore[dict-item]  # plain YAML
    at.publish(held(playbook("p", "shelter", asking), version=9, people=dict(at.desk.held.people)))
    intake = await at.press("p")
    await at.settle()
    return intake.incident


def texts(at: Bench, level: int) -> list[str]:
    ids = [row["words"] for row in at.rows("delivery", level=level)]
    return [row["body"] for row in at.rows("words") if row["id"] in ids]


async def test_levels_fire_one_after_the_other_each_once(at: Bench) -> None:
    await pressed(at)
    await at.advance(59)
    assert at.told(level=1) == []
    await at.advance(2)
    assert (at.told(level=1), at.told(level=2)) == (["dee"], [])
    await at.advance(30)
    assert at.told(level=2) == ["pol"]
    await at.advance(3600)
    assert len([row for row in at.rows("delivery") if row["step"] == "staff"]) == 5
    assert at.waiting("escalate") == []


async def test_silent_rooms_are_named(at: Bench) -> None:
    incident = await pressed(at)
    await at.answer(incident, "cyd")
    await at.advance(61)
    assert "No answer from Room 1, Room 3" in texts(at, 1)[0]


@pytest.mark.parametrize(("need", "answers"), [("all", 3), ("any", 1), (2, 2), ("50%", 2)])
async def test_enough_answers_tell_nobody(at: Bench, need: str | int, answers: int) -> None:
    incident = await pressed(at, need)
    for person in ("ada", "ben", "cyd")[:answers]:
        await at.answer(incident, person)
    await at.advance(3600)
    assert at.told(level=1) == []


@pytest.mark.parametrize(("need", "answers"), [("all", 2), ("any", 0), (2, 1), ("50%", 1)])
async def test_one_answer_fewer_tells_the_next(at: Bench, need: str | int, answers: int) -> None:
    incident = await pressed(at, need)
    for person in ("ada", "ben", "cyd")[:answers]:
        await at.answer(incident, person)
    await at.advance(61)
    assert at.told(level=1) == ["dee"]


@pytest.mark.parametrize("answer", ["need_help", "phone_gone"])
async def test_help_and_opting_out_are_no_answers_that_count(at: Bench, answer: str) -> None:
    incident = await pressed(at)
    for person in ("ada", "ben"):
        await at.answer(incident, person)
    await at.answer(incident, "cyd", answer)
    await at.advance(61)
    assert at.told(level=1) == ["dee"]


async def test_cards_answer_for_their_rooms(at: Bench) -> None:
    incident = await pressed(at)
    await at.answer(incident, "card", room="r1")
    await at.answer(incident, "card", room="r2")
    await at.advance(61)
    assert at.told(level=1) == []


async def test_people_whom_no_sender_could_reach_have_not_answered() -> None:
    mute = Person("mia", "Mia", "oak", room="r2", groups=frozenset({"staff"}))
    async with bench(held(people=PEOPLE | {"mia": mute})) as at:
        incident = await pressed(at)
        for person in ("ada", "ben", "cyd"):
            await at.answer(incident, person)
        await at.advance(61)
        assert at.told(level=1) == ["dee"]


async def test_a_school_where_nobody_can_be_reached_is_silent_not_well() -> None:
    mute = {each: Person(each, each, "oak", groups=frozenset({"staff"})) for each in ("mia", "max")}
    async with bench(held(people={"dee": PEOPLE["dee"], **mute})) as at:
        await pressed(at)
        await at.advance(61)
        assert at.told(level=1) == ["dee"]


async def test_where_nobody_is_asked_nobody_is_told() -> None:
    async with bench(held(people={"dee": PEOPLE["dee"]})) as at:
        await pressed(at)
        await at.advance(61)
        assert at.told(step="staff") == []


async def test_doors_not_proven_in_time_are_named_told_and_tasks(at: Bench) -> None:
    first = await at.press("lockdown")
    await at.devices(only="d1")
    await at.advance(4.9)
    assert at.rows("task", kind="door_not_secured") == []
    await at.advance(0.2)
    late = {row["subject"] for row in at.rows("task", kind="door_not_secured")}
    assert late == {"d2", "gate", "yard"}
    assert set(at.told(step="lock")) == {"dee", "pol"}
    (words,) = {row["words"] for row in at.rows("delivery", step="lock", person="pol")}
    assert "Door d2 south" in at.row("words", id=words)["body"]
    assert at.steps(first.incident)["lock"] == "failed"


async def test_a_fire_release_door_is_not_told_while_the_alarm_is_on(at: Bench) -> None:
    at.desk.fire_alarm = True
    await at.press("lockdown")
    states = {row["device"]: row["state"] for row in at.rows("command", kind="door")}
    assert states == {"d1": "sending", "d2": "sending", "gate": "sending", "yard": "not_proven"}
    await at.advance(6)
    assert "yard" in {row["subject"] for row in at.rows("task", kind="door_not_secured")}
