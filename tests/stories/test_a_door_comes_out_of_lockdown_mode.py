"""A door that an access controller locks by a lockdown mode leaves it at the all-clear, and at no other time."""

from collections.abc import Callable, Sequence

import pytest

from notifier.campus.door_model import LockFault
from notifier.campus.in_process_doors import LET_OUT
from notifier.campus.relay_device import Wire
from notifier.interfaces import Caller
from notifier.model.events import EventKind
from notifier.model.facts import Event
from notifier.testing.schools import bend, small_school
from notifier.testing.story import Story, story
from notifier.testing.story_things import DoorInStory

TECHNICIAN = Caller("account:tess", "Tess Roe", "tess")
SITE = bend(
    small_school(),
    "site.yaml",
    *(
        (f'side: {side}, driver: shelly_gen2,\n     address: "http://10.0.0.{address}"',
         f'side: {side}, driver: two_n,\n     address: "http://10.0.0.{address}"')
        for side, address in (("exterior", 11), ("interior", 17))
    ),
)  # fmt: skip
"""The main entrance (d1) and Room 1 (d7) hang on access controllers, the others on relays."""
CONTROLLED = bend(
    SITE,
    "playbooks/lockdown.yaml",
    (
        "all_clear:\n  - id: page",
        "all_clear:\n  - id: doors\n    restore_doors: {doors: [all], within: 10s}\n  - id: page",
    ),
)
D7 = "Door 7 Room 1"


def locked_by_night(campus: Story, *doors: str) -> None:
    for door in doors:
        model = campus.door(door).model
        model.turn_key(campus.door(door).now, lock=True)


async def locked_down(campus: Story) -> None:
    await campus.advance("35s")
    await campus.press("front-office")
    await campus.advance("10s")


async def ends(campus: Story) -> None:
    await campus.person("kim").asks_all_clear()
    await campus.person("ada").approves()
    await rooms_are_released(campus)


async def rooms_are_released(campus: Story) -> None:
    if campus.row()["state"] == "releasing":
        await campus.person("kim").releases("r1", "r2", "desk")


def stands_locked_and_normal(door: DoorInStory) -> None:
    assert door.model.badge(), f"A badge does nothing at {door.id}: it is still in lockdown."
    door.is_secured()


async def test_a_door_that_was_locked_ends_locked_and_its_badges_work_again() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        assert not campus.door("d7").model.badge()
        await ends(campus)
        await campus.advance("20s")
        stands_locked_and_normal(campus.door("d7").was_never_told_to_unlock())
        told = [data for kind, data in campus.log.events() if kind is EventKind.COMMAND_OVER and "verb" in data]
        assert [(each["door"], each["verb"], each["proven"]) for each in told if each["door"] == "d7"] == [
            ("d7", "release", True)
        ]


async def test_a_door_that_was_open_ends_open_and_one_on_a_relay_is_told_nothing_of_modes() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d8")
        await locked_down(campus)
        await ends(campus)
        await campus.advance("20s")
        assert campus.door("d7").is_unlocked().model.badge()
        campus.door("d8").is_secured().was_never_told_to_unlock()
        assert "release" not in [row["verb"] for row in campus.log.read("commands_full", incident=campus.incident)]


async def test_an_exterior_door_waits_for_a_second_word() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d1", "d2")
        await locked_down(campus)
        await ends(campus)
        await campus.advance("20s")
        assert not campus.door("d1").model.badge()
        await campus.person("Ada").approves_step("_exterior:doors")
        await campus.advance("20s")
        stands_locked_and_normal(campus.door("d1").was_never_told_to_unlock())
        campus.is_("closed")


@pytest.mark.parametrize("way", ["recall", "restart", "no step"])
async def test_nothing_else_lets_it_out_and_a_trouble_says_that_it_is_still_in(way: str) -> None:
    async with story(SITE if way == "no step" else CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        if way == "no step":
            await ends(campus)
        else:
            if way == "restart":
                await campus.restarts()
                await campus.advance("1m")
                assert not campus.door("d7").model.badge()
            await campus.person("kim").asks_recall()
            await campus.person("ada").approves()
        await campus.advance("3m")
        campus.is_("closed")
        assert not campus.door("d7").model.badge()
        assert f"{D7} is still in lockdown mode" in campus.log.has_trouble("door", "d7:lockdown")["text"]
        campus.door("d7").model.lockdown = False  # somebody releases it at the controller
        await campus.advance("2m")
        assert "d7:lockdown" not in [row["subject"] for row in campus.log.read("troubles")]


async def test_a_lockdown_mode_that_was_there_before_is_left_alone() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        campus.door("d7").model.lockdown = True
        await campus.restarts()  # it is read at the start
        await locked_down(campus)
        await ends(campus)
        await campus.advance("3m")
        assert not campus.door("d7").model.badge()
        assert not [row for row in campus.log.read("troubles") if row["subject"] == "d7:lockdown"]


async def test_what_an_earlier_recall_left_in_lockdown_leaves_it_at_the_next_all_clear() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        await campus.person("kim").asks_recall()
        await campus.person("ada").approves()
        await campus.advance("2m")
        await locked_down(campus)
        await ends(campus)
        await campus.advance("20s")
        stands_locked_and_normal(campus.door("d7").was_never_told_to_unlock())


def deaf(door: DoorInStory) -> None:
    door.model.fault = LockFault.DEAF


FAULTS: dict[str, tuple[Callable[[DoorInStory], object], str]] = {
    "unplugged": (DoorInStory.goes_dead, "may still be in lockdown mode at its controller"),
    "answers 500": (lambda door: door.goes_dead(Wire.SERVER_ERROR), "may still be in lockdown mode"),
    "hanging": (lambda door: door.goes_dead(Wire.HANGS), "may still be in lockdown mode at its controller"),
    "says done and does nothing": (deaf, "is still in lockdown mode at its controller"),
    "unlocked by key meanwhile": (DoorInStory.is_unlocked_by_key, "has left lockdown mode and does NOT read locked"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_door_that_does_not_come_out_is_a_task_that_names_it(fault: str) -> None:
    breaks, said = FAULTS[fault]
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        breaks(campus.door("d7"))
        await rooms_are_released(campus)
        await campus.advance("1m")
        assert f"{D7} {said}" in campus.log.has_task("door_not_released")["text"]


async def test_a_controller_that_answers_late_is_told_again_and_then_it_is_out() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        campus.door("d7").goes_dead(Wire.BUSY)
        await rooms_are_released(campus)
        await campus.advance("1s")
        campus.door("d7").device.set_wire(Wire.WELL)
        await campus.advance("20s")
        stands_locked_and_normal(campus.door("d7"))
        assert campus.log.tasks("door_not_released") == []


def releases(campus: Story) -> int:
    return [seen.method for seen in campus.door("d7").device.requests].count(LET_OUT)


async def test_killed_before_the_release_left_it_is_not_sent_by_the_restart_and_a_person_is_told() -> None:
    def dies_after_the_decision(campus: Story, events: Sequence[Event]) -> None:
        decided = {row.values.get("verb") for event in events for row in event.rows if row.table == "command"}
        if "release" in decided and "restore" in decided and campus.process.alive:
            campus.dies()

    async with story(CONTROLLED, committed=dies_after_the_decision) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        await campus.insists(lambda: rooms_are_released(campus))
        await campus.advance("20s")
        assert releases(campus) == 0
        assert not campus.door("d7").is_secured().model.badge()
        told = campus.log.has_task("door_not_released")["text"]
        assert "a restart tells no door to go back" in told
        assert f"{D7} is still in lockdown mode at its controller" in told
        campus.door("d7").was_never_told_to_unlock()


async def test_killed_after_the_release_was_taken_it_is_read_back_and_not_sent_again() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        await ends(campus)
        await campus.advance("100ms")  # before it is read back for the first time
        assert (releases(campus), campus.door("d7").model.badge()) == (1, True)
        await campus.restarts()
        await campus.advance("30s")
        assert releases(campus) == 1
        assert campus.log.tasks("door_not_released") == []
        assert "release True" in [f"{data.get('verb')} {data.get('proven')}" for _, data in campus.log.events()]
        stands_locked_and_normal(campus.door("d7").was_never_told_to_unlock())


async def test_a_door_that_somebody_lets_out_in_the_middle_is_locked_down_again() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        campus.door("d7").model.lockdown = False
        await campus.advance("10s")
        assert not campus.door("d7").is_secured().model.badge()


async def test_a_press_while_doors_leave_lockdown_locks_them_down_again() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        await locked_down(campus)
        await ends(campus)
        await campus.press("north-hall")
        await campus.advance("20s")
        campus.is_("active")
        assert not campus.door("d7").is_secured().model.badge()
        await ends(campus)
        await campus.advance("30s")
        stands_locked_and_normal(campus.door("d7").was_never_told_to_unlock())


async def test_a_try_leaves_no_door_in_lockdown() -> None:
    async with story(CONTROLLED) as campus:
        locked_by_night(campus, "d7")
        found = await campus.ask(lambda commands: commands.try_door("d7", TECHNICIAN, True))
        assert "lockdown mode is left again" in found["command"]["put_back"]
        assert (found["well"], found["mode"]) == (True, "normal")
        assert campus.door("d7").model.badge()


async def test_a_try_says_that_a_door_stays_in_lockdown() -> None:
    async with story(CONTROLLED) as campus:
        door = campus.door("d7")
        locked_by_night(campus, "d7")
        door.model.lockdown = True
        deaf(door)
        found = await campus.ask(lambda commands: commands.try_door("d7", TECHNICIAN, False))
        assert found["mode"] == "lockdown"
        assert any("release it there" in todo for todo in found["to_do"])


BY_SECOND = bend(
    CONTROLLED,
    "site.yaml",
    ('second_path: {driver: shelly_gen2, address: "http://10.0.0.28"', 'second_path: {driver: two_n, address: "http://10.0.0.28"'),
)  # fmt: skip
"""Room 2 (d8) hangs on a relay, and behind it on an access controller."""


async def locked_down_by_the_second_path(campus: Story) -> None:
    """The relay of the first one is lost; the contact beside it still answers, and says what the bolt does."""
    first = campus.door("d8").device
    first.outputs.pop(0)
    first.contacts[0] = True
    await campus.advance("35s")
    first.contacts[0] = False  # somebody left by it
    await campus.press("front-office")
    await campus.advance("10s")
    assert not campus.door("d8").model.badge(), "The second path was never told: this test shows nothing."
    first.contacts[0] = True
    await campus.advance("5s")


async def test_what_the_second_path_locked_down_leaves_the_mode_too() -> None:
    async with story(BY_SECOND) as campus:
        await locked_down_by_the_second_path(campus)
        await ends(campus)
        await campus.advance("20s")
        assert campus.door("d8").model.badge(), "Its badges do nothing: the second path is still in lockdown."
        assert campus.door("d8").model.secured(campus.door("d8").now)
        told = [data for kind, data in campus.log.events() if kind is EventKind.COMMAND_OVER and "verb" in data]
        assert ("d8", "release", True) in [(each["door"], each["verb"], each["proven"]) for each in told]


async def test_a_second_path_that_was_never_told_is_told_nothing() -> None:
    async with story(BY_SECOND) as campus:
        locked_by_night(campus, "d8")
        second = campus.campus.grounds.device_of("d8:second")
        await locked_down(campus)
        await ends(campus)
        await campus.advance("20s")
        assert LET_OUT not in [seen.method for seen in second.requests]
        campus.door("d8").was_never_told_to_unlock()
        assert campus.log.tasks("door_not_released") == []


async def test_a_second_path_that_somebody_had_locked_down_before_is_left_in_it() -> None:
    async with story(BY_SECOND) as campus:
        campus.door("d8").model.lockdown = True
        await campus.restarts()  # it is read at the start
        await locked_down_by_the_second_path(campus)
        await ends(campus)
        await campus.advance("3m")
        assert not campus.door("d8").model.badge()
        assert not [row for row in campus.log.read("troubles") if row["subject"].endswith(":lockdown")]


async def test_what_a_second_path_does_not_leave_is_a_task() -> None:
    async with story(BY_SECOND) as campus:
        await locked_down_by_the_second_path(campus)
        await campus.person("kim").asks_all_clear()
        await campus.person("ada").approves()
        deaf(campus.door("d8"))
        await rooms_are_released(campus)
        await campus.advance("1m")
        said = campus.log.has_task("door_not_released")["text"]
        assert "Room 2 is still in lockdown mode at its controller" in said
