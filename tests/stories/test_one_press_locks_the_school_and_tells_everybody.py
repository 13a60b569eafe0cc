"""The whole lockdown, from the press to the closing message."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_one_press_locks_the_school_tells_everybody_and_ends_by_release() -> None:
    async with story() as campus:
        campus.phone("Ben").expects_push("LOCKDOWN").replies("safe")
        campus.phone("Carla").expects_sms("Llave, luces, fuera de la vista").replies("1")
        campus.phone("Ada").expects_sms("Locks, lights, out of sight").replies("1")
        pressed = await campus.press("front-office")
        assert pressed.recorded
        await campus.advance("5s")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.speaker("north-rooms").heard("Lockdown! Locks, lights, out of sight.")
        campus.signal("strobe-north").is_on()
        campus.phone("Officer Diaz").has("Birchwood School is in LOCKDOWN").has("LOCKDOWN", by="email")
        campus.is_("active")
        await campus.advance("55s")
        assert campus.log.steps()["staff"] == "satisfied"
        campus.log.never_tells(EventKind.ESCALATED)

        await campus.person("kim").asks_all_clear()
        campus.is_("active")
        await campus.person("ada").approves()
        campus.is_("releasing")
        await campus.person("kim").releases("r1", "r2")
        campus.is_("releasing")
        await campus.person("kim").releases("desk")
        await campus.advance("1m")
        campus.is_("closed")
        campus.phone("Ben").has("the lockdown ended")
        campus.phone("Officer Diaz").has("the lockdown ended")
        campus.signal("strobe-north").is_off()
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()
        campus.log.tells(
            EventKind.INCIDENT_OPENED,
            EventKind.ANSWERED,
            EventKind.APPROVAL_ASKED,
            EventKind.APPROVAL_DECIDED,
            EventKind.ROOM_RELEASED,
            EventKind.INCIDENT_MOVED,
        )
        await campus.log.verifies()
