"""The way back: rooms, closing steps, signals, doors and links, until nothing more will happen."""

from typing import Any

import pytest

from notifier.engine.closing import Person
from notifier.engine.device_records import poll_body
from notifier.engine.moves import approve_step_body
from notifier.errors import IllegalMove, NotFound, Refused
from notifier.interfaces import Ending
from notifier.model.door import DoorReading, Lock
from tests.unit.engine.bench import ADA, Bench
from tests.unit.engine.school import LOCKDOWN_STEPS, SITE, held, playbook


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


# ------------------------------------------------------------------------------------------------------- rooms


async def releasing(at: Bench) -> str:
    first = await at.press()
    await at.settle()
    await at.devices()
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    return first.incident


async def test_a_lockdown_closes_when_every_occupied_room_is_released(at: Bench) -> None:
    incident = await releasing(at)
    assert (await at.release(incident, ["r1", "r2"])).state == "releasing"
    assert (await at.release(incident, ["r3"])).state == "closing"
    assert {row["by_whom"] for row in at.rows("room")} == {ADA.name}


async def test_an_override_needs_words(at: Bench) -> None:
    incident = await releasing(at)
    for override in ("", "   "):
        await at.release(incident, ["r1"], override)
        assert at.state(incident) == "releasing"
    await at.release(incident, override="the principal walked the halls")
    assert at.state(incident) == "closing"
    assert "r2" in at.rows("event", kind="incident_moved")[-1]["payload"]


async def test_releasing_a_room_never_commands_a_lock(at: Bench) -> None:
    incident = await releasing(at)
    before = at.rows("command"), at.rows("door")
    await at.release(incident, ["r1"])
    assert (at.rows("command"), at.rows("door")) == before


async def test_rooms_are_released_only_after_the_all_clear_and_only_known_ones(at: Bench) -> None:
    first = await at.press()
    with pytest.raises(Refused, match="after the all-clear"):
        await at.release(first.incident, ["r1"])
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    before = at.snapshot()
    with pytest.raises(NotFound, match="cellar"):
        await at.release(first.incident, ["r1", "cellar"])
    assert at.snapshot() == before


@pytest.mark.parametrize("name", ["hold", "secure", "evacuate", "medical"])
async def test_other_actions_close_without_rooms(at: Bench, name: str) -> None:
    first = await at.press(name)
    await at.both_end(first.incident, Ending.ALL_CLEAR)
    assert at.state(first.incident) == "closing"
    await at.finish(first.incident)
    assert at.state(first.incident) == "closed"


# ------------------------------------------------------------------------------------------- who hears the end


def words_of(at: Bench, **where: object) -> dict[str, list[str]]:
    """Person to the steps that wrote to them."""
    found: dict[str, list[str]] = {}
    for row in at.rows("delivery", **where):
        found.setdefault(row["person"], []).append(row["step"])
    return found


async def test_a_correction_goes_to_exactly_those_reached_each_with_their_own_words(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    await at.advance(400)
    await at.settle()
    await approve(at, first.incident, "guardians")
    await at.settle(person="gus")
    await at.both_end(first.incident, Ending.RECALL)
    reached = {row["person"] for row in at.rows("delivery", phase="main", state="sent")}
    assert set(words_of(at, phase="correction")) == reached
    assert {"ada", "ben", "cyd", "pol", "pia", "gus"} <= reached
    assert words_of(at, phase="correction")["ada"] == ["wrong"]
    assert words_of(at, phase="correction")["gus"] == ["outside"]
    assert "gil" not in words_of(at, phase="correction")
    assert at.row("delivery", person="gil", phase="main")["state"] == "recalled"


async def test_police_whose_message_had_not_left_get_it_and_then_the_correction(at: Bench) -> None:
    first = await at.press()
    await at.both_end(first.incident, Ending.RECALL)
    main = at.row("delivery", person="pol", phase="main")
    assert main["state"] == "queued"
    await at.settle()
    assert at.row("delivery", person="pol", phase="correction")["state"] == "queued"
    await at.settle()
    assert [(row["phase"], row["state"]) for row in at.rows("delivery", person="pol")] == [
        ("main", "sent"),
        ("correction", "sent"),
    ]
    assert at.told(phase="correction") == ["pol"]


async def test_a_recall_says_exactly_what_had_left(at: Bench) -> None:
    first = await at.press()
    await at.settle(person="ada")
    await at.both_end(first.incident, Ending.RECALL)
    payload = at.row("event", kind="recalled")["payload"]
    assert '"left":1' in payload
    assert '"stopped":2' in payload


async def test_an_end_does_not_tell_of_a_danger_to_those_who_never_heard_of_it(at: Bench) -> None:
    first = await at.press()
    await at.settle()
    await at.all_clear(first.incident)
    assert not {"gus", "gil"} & set(at.told())


# ------------------------------------------------------------------------------------------------------- doors

RESTORE = {"id": "open", "restore_doors": {"doors": ["all"]}}


async def with_restore(at: Bench, **more: Any) -> None:
    book = playbook("lockdown", "lockdown", *LOCKDOWN_STEPS, all_clear=[RESTORE], **more)
    at.publish(held(book, version=2))


async def known(at: Bench, **locks: Lock) -> None:
    """Doors as they were read before anything happened."""
    readings = {door: DoorReading(lock) for door, lock in locks.items()}
    await at.run(lambda: poll_body(SITE, readings, at.clock.now()))


async def locked_down(at: Bench, zone: str = "north") -> str:
    first = await at.press("lockdown", zone)
    await at.settle()
    await at.devices()
    return first.incident


async def ending(at: Bench, incident: str, how: Ending = Ending.ALL_CLEAR) -> list[str]:
    """The locks that the end commanded open."""
    await at.both_end(incident, how)
    if at.state(incident) == "releasing":
        await at.release(incident, override="all seen")
    return [row["device"] for row in at.rows("command", verb="restore")]


async def approve(at: Bench, incident: str, step: str) -> None:
    who = Person("pia", "Pia")
    scene, rows = await at.run(lambda: approve_step_body(at.desk, incident, step, who, may_command=True))
    await at.wave(scene, rows)


async def test_doors_go_back_to_what_they_were_and_exterior_ones_wait(at: Bench) -> None:
    await with_restore(at)
    await known(at, d1=Lock.UNSECURED, d2=Lock.SECURED, gate=Lock.UNSECURED, yard=Lock.UNKNOWN)
    incident = await locked_down(at)
    assert await ending(at, incident) == ["d1"]
    await at.finish(incident)
    assert at.state(incident) == "closing"
    await approve(at, incident, "_exterior:open")
    assert {row["device"] for row in at.rows("command", verb="restore")} == {"d1", "gate"}
    await at.finish(incident)
    assert at.state(incident) == "closed"
    assert {row["id"]: row["commanded"] for row in at.rows("door")} == {
        "d1": "open",
        "d2": "secure",
        "gate": "open",
        "yard": "secure",
    }


async def test_a_door_locked_twice_remembers_what_it_was_before_the_first_time(at: Bench) -> None:
    await with_restore(at)
    await known(at, d1=Lock.UNSECURED)
    incident = await locked_down(at)
    await at.both_end(incident, Ending.ALL_CLEAR)
    assert await locked_down(at) == incident  # danger has returned: every door is told again
    assert await ending(at, incident) == ["d1"]


async def test_a_door_never_read_before_is_never_unlocked(at: Bench) -> None:
    await with_restore(at)
    incident = await locked_down(at)
    assert await ending(at, incident) == []


@pytest.mark.parametrize("how", [Ending.RECALL, Ending.MISTAKE])
async def test_recall_and_correction_never_unlock_whatever_is_written(at: Bench, how: Ending) -> None:
    await with_restore(at, correction=[RESTORE])
    await known(at, d1=Lock.UNSECURED, gate=Lock.UNSECURED)
    incident = await locked_down(at)
    assert await ending(at, incident, how) == []
    await at.finish(incident)
    assert at.state(incident) == "closed"


async def test_what_a_door_was_before_an_earlier_incident_opens_nothing_now(at: Bench) -> None:
    await with_restore(at)
    await known(at, tower=Lock.UNSECURED, d1=Lock.UNSECURED)
    with_tower = playbook("shelter", "shelter", {"id": "t", "secure_doors": {"doors": ["door:tower"]}})
    at.publish(held(with_tower, *at.desk.held.playbooks.values(), version=3))
    earlier = await at.press("shelter")
    await at.devices()
    await at.all_clear(earlier.incident)
    await known(at, tower=Lock.SECURED)
    incident = await locked_down(at)
    assert await ending(at, incident) == ["d1"]


async def test_a_door_that_another_live_response_has_locked_stays_locked(at: Bench) -> None:
    await with_restore(at)
    await known(at, d1=Lock.UNSECURED, d2=Lock.UNSECURED)
    beside = await at.press("evacuate")  # locks d1 and the gate
    incident = await locked_down(at)
    assert await ending(at, incident) == ["d2"]
    await at.finish(incident)
    doors = {row["id"]: row["held_by"] for row in at.rows("door")}
    assert (doors["d1"], doors["d2"]) == (beside.incident, None)


async def test_the_second_confirmation_asks_again_who_holds_the_door(at: Bench) -> None:
    await with_restore(at)
    await known(at, gate=Lock.UNSECURED)
    incident = await locked_down(at)
    assert await ending(at, incident) == []
    await at.press("evacuate")
    await approve(at, incident, "_exterior:open")
    assert at.rows("command", verb="restore") == []


async def test_an_approved_restore_asks_again_who_holds_the_door(at: Bench) -> None:
    approved = RESTORE | {"approve": ["role:principal"]}
    book = playbook("lockdown", "lockdown", *LOCKDOWN_STEPS, all_clear=[approved])
    at.publish(held(book, version=2))
    await known(at, d1=Lock.UNSECURED, d2=Lock.UNSECURED)
    incident = await locked_down(at)
    await ending(at, incident)
    await at.press("evacuate")
    await approve(at, incident, "open")
    assert [row["device"] for row in at.rows("command", verb="restore")] == ["d2"]


async def test_a_door_locked_by_a_later_step_remembers_what_it_was(at: Bench) -> None:
    later = {"id": "later", "secure_doors": {"doors": ["door:tower"]}, "delay": "10s"}
    after = {"id": "after", "secure_doors": {"doors": ["door:d1"]}, "after": ["later"]}
    book = playbook("shelter", "shelter", later, after, all_clear=[RESTORE])
    at.publish(held(book, version=2))
    await known(at, tower=Lock.UNSECURED, d1=Lock.UNSECURED)
    first = await at.press("shelter")
    await at.advance(11)
    await at.devices()
    assert {row["id"]: row["held_by"] for row in at.rows("door")} == {"tower": first.incident, "d1": first.incident}
    await at.devices()
    assert sorted(await ending(at, first.incident)) == ["d1", "tower"]


async def test_a_door_that_does_not_open_again_is_a_task_and_is_not_told_twice(at: Bench) -> None:
    await with_restore(at)
    await known(at, d1=Lock.UNSECURED)
    incident = await locked_down(at)
    await ending(at, incident)
    await at.devices(proven=False)
    assert at.row("task", kind="door_not_restored")["subject"] == "d1"
    assert len(at.rows("command", verb="restore")) == 1


async def test_a_closed_incident_lets_go_of_everything(at: Bench) -> None:
    at.desk.public_url = "https://oak.example"
    incident = await locked_down(at)
    await at.all_clear(incident)
    assert {row["held_by"] for row in at.rows("door")} == {None}
    assert at.rows("timer", state="waiting") == []
    assert {row["dies_at"] for row in at.rows("link")} == {at.clock.now() + 86400}
    with pytest.raises(IllegalMove):
        await at.end(incident, Ending.RECALL)
