"""A door found unlocked during an incident is told at once and locked again."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_a_secured_door_that_reads_open_later_raises_an_alarm_and_is_locked_again() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        door = campus.door("d1").is_secured().is_unlocked_by_key()
        await campus.advance("3.2s")
        (alarm,) = campus.log.told(EventKind.DOOR_ALARM)
        assert alarm["door"] == "d1"
        campus.log.has_task("door_alarm", "Door 1 Main entrance NOT SECURED. It was secured and now reads UNLOCKED")
        await campus.advance("6s")
        door.is_secured().was_never_told_to_unlock()


async def test_a_propped_door_alarms_and_stays_named_until_it_is_shut() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        campus.door("d1").model.prop_open()
        await campus.advance("10s")
        campus.door("d1").is_named_not_secured()
        campus.log.tells(EventKind.COMMAND_OVER, EventKind.DOOR_ALARM)
        campus.door("d1").model.close_leaf()
        await campus.advance("5s")
        campus.door("d1").is_secured()


async def test_a_responders_opening_is_no_alarm_and_ends_by_itself() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("20s")
        await campus.person("Lee").opens_door("d1", "20s")
        await campus.advance("10s")
        campus.door("d1").is_unlocked()
        campus.log.never_tells(EventKind.DOOR_ALARM)
        await campus.advance("15s")
        campus.door("d1").is_secured()
        campus.log.never_tells(EventKind.DOOR_ALARM)
