"""Hold < secure < lockdown: a higher press takes over at once, a lower one is a place where somebody pressed."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_hold_becomes_secure_becomes_lockdown_in_one_incident() -> None:
    async with story() as campus:
        hold = await campus.press("north-hold")
        await campus.advance("30s")
        campus.speaker("north-rooms").heard("Hold! In your room or area.")
        campus.door("d1").is_unlocked()

        secure = await campus.press("gate")
        assert secure.incident == hold.incident
        await campus.advance("30s")
        campus.door("d1").is_secured()
        campus.door("d7").is_unlocked()
        campus.speaker("north-rooms").heard("Secure! Get inside.")

        lockdown = await campus.press("front-office")
        assert lockdown.incident == hold.incident
        await campus.advance("10s")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured()
        campus.speaker("north-rooms").heard("Lockdown! Locks, lights, out of sight.")
        campus.phone("Officer Diaz").has("Secure since").has("is in LOCKDOWN")
        assert campus.row()["action"] == "lockdown"
        campus.log.tells(EventKind.INCIDENT_OPENED, EventKind.INCIDENT_UPGRADED, EventKind.INCIDENT_UPGRADED)


async def test_what_the_lower_rung_still_waited_for_never_starts() -> None:
    async with story() as campus:
        await campus.press("gate")
        await campus.advance("30s")
        await campus.press("front-office")
        await campus.advance("4m")
        await campus.person("kim").asks_all_clear()  # one lockdown, not two
        await campus.advance("20m")
        campus.phone("Ada").has_not("is in Secure")
        asked = campus.phone("Ada").got("may the message 'guardians' leave now?", by="sms")
        assert asked
        assert all("is in lockdown" in one.text for one in asked)


async def test_a_lower_press_joins_as_a_place_and_changes_nothing() -> None:
    async with story() as campus:
        first = await campus.press("front-office")
        await campus.advance("20s")
        second = await campus.press("north-hold")
        await campus.advance("20s")
        assert second.incident == first.incident
        assert second.joined
        assert campus.row()["action"] == "lockdown"
        assert not any("Hold" in said for said in campus.speaker("north-rooms").said())


async def test_another_kind_of_incident_opens_beside_it() -> None:
    async with story() as campus:
        lockdown = await campus.press("front-office")
        await campus.advance("20s")
        medical = await campus.press("nurse")
        assert medical.incident != lockdown.incident
        await campus.advance("5s")
        campus.is_("active", lockdown.incident)
        campus.is_("active", medical.incident)
