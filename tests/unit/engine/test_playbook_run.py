"""Order in a playbook: after, delay, approve, and when a step is finished."""

from typing import Any

import pytest

from notifier.engine.closing import Person
from notifier.engine.moves import approve_step_body
from notifier.errors import NotFound, Refused
from notifier.model.delivery import DeliveryWord
from notifier.model.door import Lock
from tests.unit.engine.bench import Bench, bench
from tests.unit.engine.school import PEOPLE, STAFF, held, notify, playbook


async def pressed(at: Bench, *steps: dict[str, Any], **more: Any) -> str:
    at.publish(held(playbook("p", "shelter", *steps, **more), version=9))
    return (await at.press("p")).incident


async def approve(at: Bench, incident: str, step: str, who: str = "pia", *, may_command: bool = False) -> None:
    person = Person(who, who.title())
    scene, rows = await at.run(lambda: approve_step_body(at.desk, incident, step, person, may_command))
    await at.wave(scene, rows)


async def test_everything_that_waits_for_nothing_starts_at_once(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["all"]), notify("b", ["all"]), notify("c", ["all"], after=["a"]))
    assert at.steps(incident) == {"a": "running", "b": "running", "c": "waiting"}


async def test_after_waits_for_all_of_them(at: Bench) -> None:
    incident = await pressed(
        at, notify("a", ["group:staff"]), notify("b", ["group:leads"]), notify("c", ["role:ems"], after=["a", "b"])
    )
    await at.settle(step="a")
    assert at.steps(incident)["c"] == "waiting"
    await at.settle(step="b")
    assert at.steps(incident) == {"a": "done", "b": "done", "c": "running"}


async def test_failed_counts_as_over_for_what_comes_after(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["group:staff"]), notify("b", ["role:ems"], after=["a"]))
    await at.settle(DeliveryWord.FAIL)
    assert at.steps(incident) == {"a": "failed", "b": "running"}


async def test_skipped_counts_as_over_too(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["group:nobody"]), notify("b", ["role:ems"], after=["a"]))
    await at.look(incident)
    assert at.steps(incident) == {"a": "skipped", "b": "running"}


async def test_a_delay_without_after_counts_from_the_start(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["all"], delay="5m"))
    await at.advance(299)
    assert at.steps(incident)["a"] == "waiting"
    await at.advance(2)
    assert at.steps(incident)["a"] == "running"


async def test_a_delay_counts_from_the_last_of_after(at: Bench) -> None:
    incident = await pressed(
        at, notify("a", ["group:staff"]), notify("b", ["group:leads"]),
        notify("c", ["role:ems"], after=["a", "b"], delay="60s"),
    )  # fmt: skip
    at.clock.time += 20
    await at.settle(step="a")
    at.clock.time += 30
    await at.settle(step="b")
    await at.advance(59)
    assert at.steps(incident)["c"] == "waiting"
    await at.advance(2)
    assert at.steps(incident)["c"] == "running"


async def test_a_delay_counts_from_a_failure_too(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["group:staff"]), notify("b", ["role:ems"], after=["a"], delay="60s"))
    await at.settle(DeliveryWord.FAIL)
    await at.advance(61)
    assert at.steps(incident)["b"] == "running"


async def test_after_then_delay_then_approval(at: Bench) -> None:
    step = notify("b", ["role:ems"], after=["a"], delay="60s", approve=["role:principal"])
    incident = await pressed(at, notify("a", ["group:staff"]), step)
    await at.settle()
    await at.advance(61)
    assert at.row("step", id="b")["approval"] == "asked"
    await approve(at, incident, "b")
    assert at.steps(incident)["b"] == "running"
    assert at.told(step="b", level=0, person="ems") == ["ems"]


# ---------------------------------------------------------------------------------------------------- approvals


def asked_to(at: Bench, step: str = "a") -> list[str]:
    return [row["person"] for row in at.rows("delivery", step=step) if row["person"] in ("pia", "quin", "dee")]


APPROVED = {"approve": ["role:principal", "role:deputy", "role:district"]}


async def test_the_first_is_asked_the_next_every_two_minutes_then_all_are_reminded(at: Bench) -> None:
    await pressed(at, notify("a", ["role:ems"], **APPROVED))
    wanted: list[list[str]] = [["pia"], ["pia", "quin"], ["pia", "quin", "dee"]]
    for number, people in enumerate(wanted):
        await at.advance(1 if not number else 120)
        assert asked_to(at)[::2] == people  # by push and by SMS
    await at.advance(120)
    assert len(asked_to(at)) == 12
    await at.advance(3600)
    assert at.row("step", id="a")["state"] == "waiting"
    assert at.told(step="a", person="ems") == []


@pytest.mark.parametrize("who", ["pia", "quin", "dee"])
async def test_any_one_approver_releases_it_whoever_was_asked(at: Bench, who: str) -> None:
    incident = await pressed(at, notify("a", ["role:ems"], **APPROVED))
    await approve(at, incident, "a", who)
    assert at.row("step", id="a")["approval"] == f"granted:{who}"
    before = len(asked_to(at))
    await at.advance(600)
    assert len(asked_to(at)) == before


async def test_whoever_holds_command_may_approve_and_nobody_else(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["role:ems"], **APPROVED))
    with pytest.raises(Refused):
        await approve(at, incident, "a", "gus")
    await approve(at, incident, "a", "u-ben", may_command=True)
    with pytest.raises(NotFound):
        await approve(at, incident, "a")


async def test_a_step_cannot_be_approved_before_its_turn(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["role:ems"], delay="60s", approve=["role:principal"]))
    with pytest.raises(Refused, match="yet"):
        await approve(at, incident, "a")


async def test_the_question_to_an_approver_is_not_the_steps_own_message(at: Bench) -> None:
    """Whoever only was asked whether it may leave neither counts among its people nor finishes it."""
    staff = STAFF | {"id": "a", "approve": ["role:principal"]}
    incident = await pressed(at, staff)
    await at.advance(1)
    await approve(at, incident, "a")
    await at.settle(DeliveryWord.FAIL, level=0)
    await at.settle()
    for person in ("ada", "ben", "cyd"):
        await at.answer(incident, person)
    assert at.steps(incident)["a"] == "satisfied"


async def test_a_step_whose_own_messages_failed_is_not_done_because_an_approver_was_asked(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["role:ems"], approve=["role:principal"]))
    await at.advance(1)
    await at.settle()
    await approve(at, incident, "a")
    await at.settle(DeliveryWord.FAIL)
    assert at.steps(incident)["a"] == "failed"


# ----------------------------------------------------------------------------------------------------- finished


async def test_a_notify_is_over_when_every_message_was_handed_over_or_failed(at: Bench) -> None:
    incident = await pressed(at, notify("a", ["group:staff"]))
    await at.settle(person="ada")
    await at.settle(DeliveryWord.FAIL, person="ben")
    assert at.steps(incident)["a"] == "running"
    await at.settle(DeliveryWord.FAIL, person="cyd")
    assert at.steps(incident)["a"] == "done"


async def test_nobody_reachable_is_a_failure_and_nothing_to_do_is_none() -> None:
    people = {name: person for name, person in PEOPLE.items() if name != "ems"}
    mute = {"ems": type(PEOPLE["ems"])("ems", "Ems", "oak", roles=frozenset({"ems"}), on_site=False)}
    async with bench(held(people=people | mute)) as at:
        at.publish(held(playbook("p", "shelter", notify("a", ["role:ems"]), notify("b", ["role:nobody"])), version=2,
                        people=people | mute))  # fmt: skip
        incident = (await at.press("p")).incident
        await at.look(incident)
        assert at.steps(incident) == {"a": "failed", "b": "skipped"}


async def test_doors_are_over_when_all_are_secured_or_time_has_passed(at: Bench) -> None:
    step = {"id": "d", "secure_doors": {"doors": ["door:d1", "door:d2"], "within": "5s"}}
    incident = await pressed(at, step, notify("next", ["role:ems"], after=["d"]))
    await at.devices(only="d1")
    assert at.steps(incident)["d"] == "running"
    await at.advance(5.1)
    assert at.steps(incident) == {"d": "failed", "next": "running"}
    (late,) = at.rows("command", device="d2")
    await at.read("d2", Lock.SECURED, late, proven=True)
    await at.look(incident)
    assert at.steps(incident)["d"] == "done"


async def test_an_announcement_is_over_when_it_was_said_once(at: Bench) -> None:
    page = {"id": "p1", "announce": {"speakers": ["all"], "say": {"en": "x"}, "again_every": "60s"}}
    incident = await pressed(at, page, notify("next", ["role:ems"], after=["p1"]))
    assert await at.devices() == ["pa_multicast say"]
    assert at.steps(incident) == {"p1": "done", "next": "running"}
    await at.advance(181)
    assert len(at.rows("command", kind="page")) == 4


async def test_signals_are_over_when_each_was_told(at: Bench) -> None:
    incident = await pressed(at, {"id": "s", "signal": {"outputs": ["all"]}})
    await at.devices(only="strobe")
    assert at.steps(incident)["s"] == "running"
    await at.devices(proven=False)
    assert at.steps(incident)["s"] == "failed"


async def test_a_silent_alarm_makes_no_sound_and_no_light(at: Bench) -> None:
    page = {"id": "p1", "announce": {"speakers": ["all"], "say": {"en": "x"}}}
    await pressed(at, page, {"id": "s", "signal": {"outputs": ["all"]}}, audible=False)
    assert at.rows("command") == []


async def test_answers_finish_a_step_that_asks_for_them(at: Bench) -> None:
    incident = await pressed(at, STAFF, notify("next", ["role:ems"], after=["staff"]))
    await at.settle()
    assert at.steps(incident)["next"] == "waiting"
    for person in ("ada", "ben", "cyd"):
        await at.answer(incident, person)
    assert at.steps(incident) == {"staff": "satisfied", "next": "running"}


async def test_without_answers_it_is_over_when_its_last_level_has_fired(at: Bench) -> None:
    incident = await pressed(at, STAFF, notify("next", ["role:ems"], after=["staff"]))
    await at.settle()
    await at.advance(89)
    assert at.steps(incident) == {"staff": "running", "next": "waiting"}
    await at.advance(2)
    assert at.steps(incident) == {"staff": "done", "next": "running"}


async def test_enough_answers_after_that_still_satisfy_it(at: Bench) -> None:
    incident = await pressed(at, STAFF)
    await at.settle()
    await at.advance(91)
    await at.settle()
    for person in ("ada", "ben", "cyd"):
        await at.answer(incident, person)
    assert at.steps(incident)["staff"] == "satisfied"
