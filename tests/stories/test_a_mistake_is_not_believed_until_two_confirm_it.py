"""I pressed by mistake: outside waits, police and office hear "not confirmed", and nothing else changes."""

from notifier.model.events import EventKind
from notifier.testing.story import story


async def test_a_claimed_mistake_pauses_outside_and_leaves_doors_and_pages() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("30s")
        await campus.person("Ben").says_mistake()
        await campus.advance("2m")
        campus.phone("Officer Diaz").has("NOT CONFIRMED", by="sms", times=1)
        campus.phone("Ada").has("NOT CONFIRMED")
        campus.phone("Kim").has_not("NOT CONFIRMED")
        campus.is_("active")
        assert campus.row()["outside_paused"] == 1
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()
        assert len(campus.speaker("north-rooms").said()) >= 2
        campus.log.has_task("mistake_claimed", "NOT confirmed")


async def test_two_who_confirm_it_end_it_with_the_correction() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("30s")
        await campus.person("Ben").says_mistake()
        await campus.person("kim").asks_mistake()
        campus.is_("active")
        await campus.person("ada").approves()
        await campus.advance("1m")
        campus.is_("closed")
        campus.phone("Ben").has("called by mistake")
        campus.phone("Officer Diaz").has("called by mistake")
        campus.phone("Gus").is_silent()  # nothing had reached them, so nothing is to be corrected
        campus.speaker("north-rooms").heard("The lockdown was called by mistake")
        for door in ("d1", "d2", "d7", "d8"):
            campus.door(door).is_secured().was_never_told_to_unlock()
        campus.log.tells(EventKind.MISTAKE_CLAIMED, EventKind.APPROVAL_DECIDED, EventKind.RECALLED)


async def test_a_new_press_after_a_claimed_mistake_is_not_forgotten() -> None:
    async with story() as campus:
        await campus.press("front-office")
        await campus.advance("30s")
        await campus.person("Ben").says_mistake()
        await campus.press("north-hall")
        await campus.advance("5s")
        campus.phone("Officer Diaz").has("now also reported from North wing")
        campus.is_("active")
